package dev.sotto.clip;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.gradient.UnitNorms;
import java.util.Collections;
import java.util.Random;

/** Norms and losses of units as an adversary would choose them, without gradients behind them. */
final class RandomNorms {
  private static final double[] ODD = {0, Double.NaN, Double.POSITIVE_INFINITY, 1e300, 1e-300};

  final double[][] squaredNorms;
  final double[] losses;

  RandomNorms(Random random, int units, double[] clipNorms, double lossBound) {
    squaredNorms = new double[units][clipNorms.length];
    losses = new double[units];
    for (int s = 0; s < units; s++) {
      for (int k = 0; k < clipNorms.length; k++) {
        double c = clipNorms[k];
        squaredNorms[s][k] = odd(random, c * c, c * c * Math.exp(3 * random.nextGaussian()));
      }
      losses[s] = odd(random, lossBound, lossBound * 2 * random.nextDouble());
      losses[s] = random.nextInt(8) == 0 ? -losses[s] : losses[s];
    }
  }

  private static double odd(Random random, double edge, double usual) {
    return switch (random.nextInt(4)) {
      case 0 -> ODD[random.nextInt(ODD.length)];
      case 1 -> edge;
      default -> usual;
    };
  }

  static ParameterLayout layout(int pairs) {
    return ParameterLayout.ofPairs(Collections.nCopies(pairs, new LoraShape(3, 2, 1, 1f)));
  }

  /** Adds the units of {@code chosen}, {@code micro} at a time. */
  void addTo(Backend backend, BatchStatistics statistics, int[] chosen, int micro) {
    for (int from = 0; from < chosen.length; from += micro) {
      int count = Math.min(micro, chosen.length - from);
      int pairs = squaredNorms[0].length;
      double[] packed = new double[pairs * count];
      double[] batchLosses = new double[count];
      for (int s = 0; s < count; s++) {
        batchLosses[s] = losses[chosen[from + s]];
        for (int k = 0; k < pairs; k++) {
          packed[k * count + s] = squaredNorms[chosen[from + s]][k];
        }
      }
      try (DeviceBuffer buffer = backend.allocate(ElementType.F64, packed.length)) {
        buffer.upload(packed, packed.length);
        statistics.add(new UnitNorms(pairs, count, buffer), batchLosses);
      }
    }
  }
}
