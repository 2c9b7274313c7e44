package dev.sotto.mechanism;

import java.util.Arrays;

/**
 * What is needed to draw the units of a run's steps, and nothing else: it was derived one way from
 * the run's randomness, so whoever has it can tell who was drawn, which is sensitive, but learns
 * nothing of the noise. Each step has its own key ({@link #ofStep}), so whoever draws one step need
 * not know who is drawn in another.
 */
public final class SamplingKey implements AutoCloseable {
  private final byte[] bytes;
  private boolean closed;

  /** Takes the array over. */
  SamplingKey(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * The 32-byte key of one step; the caller wipes it.
   *
   * @throws IllegalStateException if this was closed
   */
  byte[] ofStep(long step) {
    if (closed) {
      throw new IllegalStateException("the sampling key was wiped");
    }
    return DerivedKey.derive(bytes, step);
  }

  /** Overwrites the key. */
  @Override
  public void close() {
    closed = true;
    Arrays.fill(bytes, (byte) 0);
  }
}
