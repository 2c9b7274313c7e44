package dev.sotto.control;

import java.util.Random;

/**
 * A training process of two LoRA pairs in which the first pair's best clip norm is known,
 * log₄(C/C̄) = 0.6, and the second's does not matter. An interval gains
 *
 * <pre>g_t · exp(−3 (log₄(C_1/C̄) − 0.6)²),   g_t falling from 0.1 to 0.05 nats
 * </pre>
 *
 * and shows it through a loss on public data with an error of 0.005 nats, about as a few hundred
 * public records would; clip fractions and norms are noisy too.
 */
final class SimulatedTraining {
  static final int INTERVALS = 60;
  static final double BEST = 0.6;
  private static final int STEPS = 3;

  private SimulatedTraining() {}

  /** The share of the best possible gain, 0 to 1, in an interval under a decision. */
  private static double quality(double[] clipNorms, double base) {
    double off = Math.log(clipNorms[0] / base) / Math.log(4) - BEST;
    return Math.exp(-3 * off * off);
  }

  /** The mean quality over the intervals from {@code from} on. */
  static double score(Controller controller, int from, long seed) {
    Random random = new Random(seed);
    double base = Interval.options("any", 2).pairs().baseClipNorms()[0];
    double loss = 5;
    double sum = 0;
    Decision decision = controller.first();
    for (int i = 0; i < INTERVALS; i++) {
      double[] norms = decision.clipNorms();
      double quality = quality(norms, base);
      if (i >= from) {
        sum += quality;
      }
      loss -= (0.1 - 0.05 * i / INTERVALS) * quality;
      double progress = (i + 1.0) / INTERVALS;
      Interval interval =
          Interval.of(norms)
              .at(progress, 1 - progress)
              .adapterNorms(1 + progress, 1 + progress)
              .validation(loss + 0.005 * random.nextGaussian());
      for (int step = 0; step < STEPS; step++) {
        interval.statistics(
            loss + random.nextGaussian(),
            1 / (1 + norms[0]) + 0.1 * random.nextGaussian(),
            1 / (1 + norms[1]) + 0.1 * random.nextGaussian());
        interval.gradientNorms(
            norms[0] * (1 + 0.02 * random.nextGaussian()),
            norms[1] * (1 + 0.02 * random.nextGaussian()));
      }
      if (i + 1 < INTERVALS) {
        decision = controller.next(interval.observation());
      } else {
        controller.last(interval.observation());
      }
    }
    return sum / (INTERVALS - from);
  }
}
