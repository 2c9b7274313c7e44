package dev.sotto.plan;

/**
 * ε spent after each step, for a progress bar: read from the account at some steps and rounded up
 * to the next reading in between, so that what is shown is never below what was spent.
 */
final class EpsilonCurve {
  private final Account account;
  private final long steps;
  private final long stride;
  private long readUpTo;
  private double reading;

  EpsilonCurve(Account account, long steps) {
    this.account = account;
    this.steps = steps;
    // Noise that is not Gaussian takes the accountant some tenth of a second.
    boolean slow = account instanceof Account.Private noised && !noised.noise().isGaussian();
    stride = Math.max(1, steps / (slow ? 40 : 200));
  }

  double after(long step) {
    if (step > readUpTo) {
      readUpTo = Math.min(steps, (step + stride - 1) / stride * stride);
      reading = account.epsilonAfter(readUpTo);
    }
    return reading;
  }
}
