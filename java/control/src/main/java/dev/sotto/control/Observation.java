package dev.sotto.control;

import dev.sotto.mechanism.Privatized;
import dev.sotto.mechanism.PublicScalar;
import dev.sotto.mechanism.StepStatistics;
import java.util.List;

/**
 * All that a controller may know of an interval of n steps over K LoRA pairs.
 *
 * <p><b>Guarantee.</b> The type is closed: each component is a number declared public, with its
 * reason, or a value that only the mechanism can have made. Gradient norms, losses and clip
 * fractions of private records cannot be put into it, neither by mistake nor through a bare array.
 * RLDP (arXiv 2507.22565) observes the raw statistics instead, so that its clip norms and noise
 * level carry private values past the noise; here every decision is post-processing.
 *
 * @param progress steps done / steps planned, in [0, 1]
 * @param budgetLeft share of the privacy budget not yet spent, in [0, 1]
 * @param clipNorms C_k of the interval, K numbers in the gradient's units
 * @param statistics the privatised clip fractions (K) and loss of each step, n entries; none where
 *     the run did not pay for them
 * @param gradientNorms L2 norm of each pair's released mean gradient (K) at each step, n entries
 * @param adapterNorms L2 norm of each pair's weights (K) after the interval
 * @param validationLoss mean loss on public data after the interval, nats per token; may be NaN
 *     when training has diverged, and null where the run has no public data
 */
public record Observation(
    PublicScalar progress,
    PublicScalar budgetLeft,
    List<PublicScalar> clipNorms,
    List<Privatized<StepStatistics>> statistics,
    List<Privatized<double[]>> gradientNorms,
    Privatized<double[]> adapterNorms,
    PublicScalar validationLoss) {
  /**
   * Keeps copies of the lists.
   *
   * @throws IllegalArgumentException if entries are not all of K pairs
   */
  public Observation {
    clipNorms = List.copyOf(clipNorms);
    statistics = List.copyOf(statistics);
    gradientNorms = List.copyOf(gradientNorms);
    int pairs = clipNorms.size();
    for (Privatized<StepStatistics> step : statistics) {
      requirePairs(pairs, step.value().clipFractions().length, "clip fractions");
    }
    for (Privatized<double[]> step : gradientNorms) {
      requirePairs(pairs, step.value().length, "gradient norms");
    }
    requirePairs(pairs, adapterNorms.value().length, "adapter norms");
  }

  private static void requirePairs(int pairs, int found, String what) {
    if (found != pairs) {
      throw new IllegalArgumentException(
          "an observation of " + pairs + " clip norms cannot hold " + found + " " + what);
    }
  }

  /**
   * Checks that this is an observation of the run at hand.
   *
   * @throws IllegalArgumentException if it is of another number of pairs
   */
  void requirePairs(int pairs) {
    if (pairs() != pairs) {
      throw new IllegalArgumentException(
          "a controller of "
              + pairs
              + " LoRA pairs cannot read an observation of "
              + pairs()
              + ": give it those of its own run");
    }
  }

  /**
   * Checks that the run paid for statistics.
   *
   * @throws IllegalArgumentException if there are none
   */
  void requireStatistics(String controller) {
    if (statistics.isEmpty()) {
      throw new IllegalArgumentException(
          "controller '"
              + controller
              + "' needs the privatised statistics of every step, and the observation holds none:"
              + " release them where usesStatistics() says so");
    }
  }

  /** K, the number of LoRA pairs. */
  int pairs() {
    return clipNorms.size();
  }

  /** The share of clipped units of each pair, estimated from all steps: K entries. */
  double[] meanClipFractions() {
    double[] mean = new double[pairs()];
    for (Privatized<StepStatistics> step : statistics) {
      double[] fractions = step.value().clipFractions();
      for (int k = 0; k < mean.length; k++) {
        mean[k] += fractions[k] / statistics.size();
      }
    }
    return mean;
  }

  /** The root mean square of each pair's released gradient norm over the steps: K entries. */
  double[] gradientScales() {
    double[] scale = new double[pairs()];
    for (Privatized<double[]> step : gradientNorms) {
      for (int k = 0; k < scale.length; k++) {
        scale[k] = Math.hypot(scale[k], step.value()[k]);
      }
    }
    for (int k = 0; k < scale.length; k++) {
      scale[k] /= Math.sqrt(Math.max(1, gradientNorms.size()));
    }
    return scale;
  }

  /**
   * The loss that utility is measured by: on public data where there is any, else the mean of the
   * privatised losses; NaN where there is neither.
   */
  double utilityLoss() {
    if (validationLoss != null) {
      return validationLoss.value();
    }
    double sum = 0;
    for (Privatized<StepStatistics> step : statistics) {
      sum += step.value().loss();
    }
    return sum / statistics.size();
  }
}
