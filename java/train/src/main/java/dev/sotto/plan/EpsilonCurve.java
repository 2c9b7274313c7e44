package dev.sotto.plan;

/**
 * ε spent after each step, for a progress bar: read from the accountant at some steps and rounded
 * up to the next reading in between, so that what is shown is never below what was spent.
 */
final class EpsilonCurve {
  private final PrivacyPlan plan;
  private final long stride;
  private long readUpTo;
  private double reading;

  EpsilonCurve(PrivacyPlan plan) {
    this.plan = plan;
    // Noise that is not Gaussian takes the accountant some tenth of a second.
    stride = Math.max(1, plan.steps() / (plan.mechanism().equals("gaussian") ? 200 : 40));
  }

  double after(long step) {
    if (step > readUpTo) {
      readUpTo = Math.min(plan.steps(), (step + stride - 1) / stride * stride);
      reading = plan.epsilonAfter(readUpTo);
    }
    return reading;
  }
}
