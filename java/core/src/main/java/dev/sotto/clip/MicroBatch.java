package dev.sotto.clip;

import dev.sotto.gradient.Factors;
import dev.sotto.gradient.GradientSink;

/**
 * One pass of a micro-batch through a {@link UnitClip}: takes the factors of every block, and on
 * closing brings the units that are complete into the sum. A pass that failed on its way brings
 * nothing.
 */
public final class MicroBatch implements GradientSink, AutoCloseable {
  private final int blocks;
  private final GradientSink each;
  private final Runnable whenAll;
  private int given;

  MicroBatch(int blocks, GradientSink each, Runnable whenAll) {
    this.blocks = blocks;
    this.each = each;
    this.whenAll = whenAll;
  }

  @Override
  public void accept(int k, Factors factors) {
    each.accept(k, factors);
    given++;
  }

  /**
   * Ends the pass.
   *
   * @throws IllegalStateException if not every block was given once
   */
  @Override
  public void close() {
    if (given != blocks) {
      throw new IllegalStateException(
          "a pass gave " + given + " blocks of parameters, of " + blocks);
    }
    whenAll.run();
  }
}
