package dev.sotto.mechanism;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.ChaCha20ParameterSpec;

/**
 * The coins of one step's Poisson sample, of {@link PoissonSampler}: a 64-bit word of ChaCha20's
 * key stream for every unit, addressed by the unit's number. Whoever holds a part of the units can
 * draw that part alone, and the parts together are the whole draw, wherever they are cut.
 *
 * <p>It holds the key of its own step. From that neither another step's sample can be had nor the
 * noise. Who is drawn is sensitive.
 */
public final class PoissonDraw implements AutoCloseable {
  private static final int NONCE_TAG = 0x534d504c; // sets this stream apart from the noise's

  private static final int WORD_BYTES = 8; // one 64-bit word a unit

  private static final int BLOCK_BYTES = 64; // of ChaCha20, whose counter numbers blocks

  private static final int WORDS_A_BLOCK = BLOCK_BYTES / WORD_BYTES;

  /** As many as one array of key stream has words for. */
  static final int MOST_UNITS = Integer.MAX_VALUE / WORD_BYTES;

  /** The threshold where every unit joins. It is odd, and those of q below 1 are even. */
  static final long CERTAIN = -1L;

  private final long step;
  private final byte[] key;
  private final long threshold;
  private final int units;
  private boolean closed;

  /**
   * Takes the key over.
   *
   * @param step what the stream is addressed by, beside its key
   * @param key of that step, 32 bytes
   * @param threshold a unit joins where its word, less 2^63, is below; or {@link #CERTAIN}
   * @param units N
   */
  PoissonDraw(long step, byte[] key, long threshold, int units) {
    this.step = step;
    this.key = key;
    this.threshold = threshold;
    this.units = units;
  }

  /** The step that is drawn for. */
  public long step() {
    return step;
  }

  /**
   * Who is drawn among the units {@code from .. to - 1}.
   *
   * @param from number of the first unit, at least 0
   * @param to number behind the last, at most N; an empty range draws nobody
   * @return numbers of units in ascending order; sensitive
   * @throws IllegalArgumentException if the range is not within 0 .. N
   * @throws IllegalStateException if this was closed
   */
  public int[] among(int from, int to) {
    if (closed) {
      throw new IllegalStateException("the sampling key of the step was wiped");
    }
    if (from < 0 || from > to || to > units) {
      throw new IllegalArgumentException(
          "units " + from + " to " + to + " are not among the " + units + " of the run");
    }
    if (from == to) {
      return new int[0];
    }
    int block = from / WORDS_A_BLOCK;
    int first = block * WORDS_A_BLOCK;
    ByteBuffer words =
        ByteBuffer.wrap(keystream(block, WORD_BYTES * (to - first)))
            .order(ByteOrder.LITTLE_ENDIAN)
            .position(WORD_BYTES * (from - first));
    int[] drawn = new int[to - from];
    int count = 0;
    for (int unit = from; unit < to; unit++) {
      long word = words.getLong();
      if (threshold == CERTAIN || word + Long.MIN_VALUE < threshold) {
        drawn[count++] = unit;
      }
    }
    return Arrays.copyOf(drawn, count);
  }

  private byte[] keystream(int block, int length) {
    byte[] nonce =
        ByteBuffer.allocate(12)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(NONCE_TAG)
            .putLong(step)
            .array();
    try (DerivedKey.Lent lent = new DerivedKey.Lent("ChaCha20", key)) {
      Cipher chacha = Cipher.getInstance("ChaCha20");
      chacha.init(Cipher.ENCRYPT_MODE, lent, new ChaCha20ParameterSpec(nonce, block));
      return chacha.doFinal(new byte[length]);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java runtime has no ChaCha20 cipher", e);
    }
  }

  /** Overwrites the key. */
  @Override
  public void close() {
    closed = true;
    Arrays.fill(key, (byte) 0);
  }
}
