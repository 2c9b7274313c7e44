package dev.sotto.trainer;

/**
 * Sums up the sample of a step: the one part of a private step that looks at records, and the one
 * that takes long. {@link PrivateTrainer} does the rest, and has the noise key, the ledger and the
 * optimizer to itself.
 *
 * <p><b>Contract.</b> Each unit has one number from 0 to N - 1, distinct where records are equal,
 * and keeps it for the life of the run, since a draw is addressed by it. A unit that is drawn is
 * added once. An implementation that cannot be sure of either throws, before anything is charged.
 * Two implementations with the same units under the same numbers give the same bits.
 */
public interface SumExecutor extends AutoCloseable {
  /** N, the number of units. */
  int units();

  /**
   * Draws the units of a step, and sums up their clipped gradients at the adapter's present
   * weights.
   *
   * @param order of the step
   * @return the sums, which stay this object's own and hold until the next call
   */
  StepSum accumulate(StepOrder order);

  @Override
  void close();
}
