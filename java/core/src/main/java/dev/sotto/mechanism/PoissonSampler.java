package dev.sotto.mechanism;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.ChaCha20ParameterSpec;

/**
 * True Poisson sampling: each unit joins a batch independently with probability q. The batch size
 * is random and may be zero; both are part of the mechanism the accountant assumes (Mironov, Talwar
 * and Zhang 2019). Who was drawn is sensitive.
 */
public final class PoissonSampler {
  private static final int NONCE_TAG = 0x534d504c; // sets this stream apart from the noise's

  private static final int WORD_BYTES = 8; // one 64-bit word a unit

  private final SamplingKey key;
  private final double samplingProbability;
  private final int units;
  private final long threshold;
  private final int[] drawn;

  /**
   * Prepares to draw from {@code units} units.
   *
   * @param key source of randomness, of which the noise cannot be learned
   * @param samplingProbability q in (0, 1]
   * @param units N, at least 1
   */
  public PoissonSampler(SamplingKey key, double samplingProbability, int units) {
    if (!(samplingProbability > 0) || samplingProbability > 1) {
      throw new IllegalArgumentException(
          "sampling probability " + samplingProbability + " is not in (0, 1]");
    }
    if (units < 1 || units > Integer.MAX_VALUE / WORD_BYTES) {
      throw new IllegalArgumentException(
          units + " units cannot be sampled from: between 1 and 268,435,455 can");
    }
    this.key = key;
    this.samplingProbability = samplingProbability;
    this.units = units;
    // A 64-bit word falls below floor(q 2^64) with probability at most q.
    this.threshold =
        samplingProbability == 1.0
            ? -1L
            : (long) Math.scalb(samplingProbability, 63) * 2 + Long.MIN_VALUE;
    this.drawn = new int[units];
  }

  /**
   * The units of one batch in ascending order.
   *
   * @param step addresses the draw: the same key and step give the same batch
   * @return indices into the corpus; sensitive
   */
  public int[] sample(long step) {
    byte[] words = keystream(step, WORD_BYTES * units);
    ByteBuffer view = ByteBuffer.wrap(words).order(ByteOrder.LITTLE_ENDIAN);
    int count = 0;
    for (int i = 0; i < units; i++) {
      boolean joins = samplingProbability == 1.0 || view.getLong() + Long.MIN_VALUE < threshold;
      if (joins) {
        drawn[count++] = i;
      }
    }
    return Arrays.copyOf(drawn, count);
  }

  private byte[] keystream(long step, int length) {
    byte[] nonce =
        ByteBuffer.allocate(12)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(NONCE_TAG)
            .putLong(step)
            .array();
    byte[] ofStep = key.ofStep(step);
    try (DerivedKey.Lent lent = new DerivedKey.Lent("ChaCha20", ofStep)) {
      Cipher chacha = Cipher.getInstance("ChaCha20");
      chacha.init(Cipher.ENCRYPT_MODE, lent, new ChaCha20ParameterSpec(nonce, 0));
      return chacha.doFinal(new byte[length]);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java runtime has no ChaCha20 cipher", e);
    } finally {
      Arrays.fill(ofStep, (byte) 0);
    }
  }
}
