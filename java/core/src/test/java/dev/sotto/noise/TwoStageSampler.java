package dev.sotto.noise;

import java.util.SplittableRandom;

/**
 * The noise as the paper words it: draw the inverse scale u from its terms, then Laplace noise of
 * scale 1/u. Written from the definitions of the terms alone, with other numbers and other methods
 * than the kernel's, so that the two can disagree.
 */
final class TwoStageSampler {
  private final LmoNoise law;
  private final SplittableRandom random;

  TwoStageSampler(LmoNoise law, long seed) {
    this.law = law;
    this.random = new SplittableRandom(seed);
  }

  double next() {
    double u = 0;
    if (law.gamma().weight() > 0) {
      u += law.gamma().weight() * gamma(law.gamma().shape(), law.gamma().scale());
    }
    if (law.exponential().weight() > 0) {
      u += law.exponential().weight() * unitExponential() / law.exponential().rate();
    }
    LmoNoise.Uniform uniform = law.uniform();
    if (uniform.weight() > 0) {
      double share = random.nextDouble();
      u += uniform.weight() * (uniform.low() * (1 - share) + uniform.high() * share);
    }
    if (law.truncatedNormal().weight() > 0) {
      u += law.truncatedNormal().weight() * truncatedNormal(law.truncatedNormal());
    }
    double size = unitExponential() / u;
    return random.nextBoolean() ? size : -size;
  }

  private double unitExponential() {
    return -Math.log(1 - random.nextDouble());
  }

  /** Marsaglia and Tsang (2000); below shape 1 by their boost Gamma(s) = Gamma(s + 1) U^(1/s). */
  private double gamma(double shape, double scale) {
    if (shape < 1) {
      return gamma(shape + 1, scale) * Math.pow(1 - random.nextDouble(), 1 / shape);
    }
    double d = shape - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double x = random.nextGaussian();
      double root = 1 + c * x;
      if (root <= 0) {
        continue;
      }
      double v = root * root * root;
      if (Math.log(1 - random.nextDouble()) < 0.5 * x * x + d * (1 - v + Math.log(v))) {
        return scale * d * v;
      }
    }
  }

  /** By rejection: fit for intervals that hold a good part of the normal law. */
  private double truncatedNormal(LmoNoise.TruncatedNormal term) {
    while (true) {
      double x = term.mean() + term.stddev() * random.nextGaussian();
      if (x >= term.low() && x <= term.high()) {
        return x;
      }
    }
  }
}
