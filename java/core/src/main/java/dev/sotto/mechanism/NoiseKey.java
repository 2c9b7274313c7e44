package dev.sotto.mechanism;

import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.SplittableRandom;

/**
 * The 256-bit key from which sampling and noise are drawn by ChaCha20. Whoever knows it can
 * subtract the noise: it is as secret as the data, lives in memory only and is never written. A
 * resumed run draws a new one.
 */
public final class NoiseKey {
  private static final int BYTES = 32;

  private final byte[] bytes;
  private final boolean seeded;

  private NoiseKey(byte[] bytes, boolean seeded) {
    this.bytes = bytes;
    this.seeded = seeded;
  }

  /** A fresh key from the operating system's entropy. */
  public static NoiseKey fromOperatingSystem() {
    byte[] bytes = new byte[BYTES];
    try {
      SecureRandom.getInstance("NativePRNGNonBlocking").nextBytes(bytes);
    } catch (NoSuchAlgorithmException e) {
      new SecureRandom().nextBytes(bytes);
    }
    return new NoiseKey(bytes, false);
  }

  /**
   * A key anyone can compute from {@code seed}, for tests. A run made with it protects nothing, and
   * its ledger says so.
   */
  public static NoiseKey seededForTests(long seed) {
    byte[] bytes = new byte[BYTES];
    new SplittableRandom(seed).nextBytes(bytes);
    return new NoiseKey(bytes, true);
  }

  /** Whether this key came from {@link #seededForTests}. */
  public boolean isSeeded() {
    return seeded;
  }

  byte[] bytes() {
    return bytes;
  }
}
