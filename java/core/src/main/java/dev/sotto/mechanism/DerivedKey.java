package dev.sotto.mechanism;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * Keys derived one way: HMAC-SHA-256 of a label under a parent key, as the expand step of HKDF (RFC
 * 5869) does it for one block. Under the usual assumption on HMAC, that it is a pseudo-random
 * function, keys of different labels look independent and uniform to whoever has not the parent; so
 * one of them tells nothing of its sisters or of the parent.
 */
final class DerivedKey {
  private DerivedKey() {}

  /**
   * Derives a key.
   *
   * @param parent 32 bytes
   * @param label what the key is for
   * @return 32 bytes, the same for the same arguments
   */
  static byte[] derive(byte[] parent, String label) {
    return hmac(parent, label.getBytes(StandardCharsets.US_ASCII));
  }

  /** Derives a key of a numbered step. */
  static byte[] derive(byte[] parent, long step) {
    return hmac(
        parent,
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(step).array());
  }

  private static byte[] hmac(byte[] parent, byte[] message) {
    try (Lent key = new Lent("HmacSHA256", parent)) {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return mac.doFinal(message);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java runtime has no HMAC-SHA-256", e);
    }
  }

  /**
   * A key for one use of a cipher of the Java runtime. {@link javax.crypto.spec.SecretKeySpec}
   * copies its bytes into the heap where nobody can wipe them; of this one every copy that the
   * cipher asked for is overwritten on close. What the cipher computes from it on the way stays out
   * of reach.
   */
  static final class Lent implements SecretKey, AutoCloseable {
    private static final long serialVersionUID = 1L;

    private final String algorithm;
    private final transient byte[] bytes;
    private final transient java.util.List<byte[]> copies = new java.util.ArrayList<>();

    /** Keeps {@code bytes} themselves, not a copy. */
    Lent(String algorithm, byte[] bytes) {
      this.algorithm = algorithm;
      this.bytes = bytes;
    }

    @Override
    public String getAlgorithm() {
      return algorithm;
    }

    @Override
    public String getFormat() {
      return "RAW";
    }

    @Override
    public byte[] getEncoded() {
      copies.add(bytes.clone());
      return copies.get(copies.size() - 1);
    }

    @Override
    public void close() {
      copies.forEach(copy -> Arrays.fill(copy, (byte) 0));
    }
  }
}
