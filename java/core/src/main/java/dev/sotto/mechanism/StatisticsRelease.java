package dev.sotto.mechanism;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.clip.BatchStatistics;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.DrawnNoise;
import dev.sotto.compute.Noise;
import java.util.Arrays;

/** The statistics of a step, as the last group of the step's Gaussian event. */
final class StatisticsRelease {
  /** Sets the draws apart from the gradient's, which are of tensor 0, and from single numbers'. */
  static final int TENSOR = (1 << 28) - 1;

  private StatisticsRelease() {}

  /**
   * The group of an event that is the statistics.
   *
   * @throws IllegalArgumentException if there is none, or it states too little sensitivity
   */
  static GaussianEvent.Group groupOf(PrivacyEvent event, BatchStatistics statistics, int groups) {
    if (!(event instanceof GaussianEvent gaussian)) {
      throw new IllegalArgumentException(
          "statistics are released under a Gaussian event, not under "
              + event.getClass().getSimpleName());
    }
    if (statistics.groups() != groups) {
      throw new IllegalArgumentException(
          "the statistics are of " + statistics.groups() + " groups, but the sum has " + groups);
    }
    if (gaussian.groups().size() != groups + 1) {
      throw new IllegalArgumentException(
          "the event has "
              + gaussian.groups().size()
              + " groups, but the sum and its statistics have "
              + (groups + 1));
    }
    GaussianEvent.Group last = gaussian.groups().get(groups);
    if (last.sensitivity() < statistics.sensitivity()) {
      throw new IllegalArgumentException(
          "the event states a sensitivity of "
              + last.sensitivity()
              + " for the statistics, but one unit can move them by "
              + statistics.sensitivity());
    }
    return last;
  }

  /** The groups of the gradient alone. */
  static GaussianEvent withoutLast(GaussianEvent event) {
    return new GaussianEvent(event.groups().subList(0, event.groups().size() - 1));
  }

  /** Refuses noise whose largest draw the grid cannot hold. */
  static void requireDrawable(double largest, double mostQuanta) {
    if (!(largest <= mostQuanta * BatchStatistics.QUANTUM)) {
      throw new IllegalArgumentException(
          "the largest draw of the statistics' noise, "
              + largest
              + ", does not fit their grid: choose a larger epsilon or a higher cost for them");
    }
  }

  /**
   * Draws the noise and undoes centring and bound: a share is its sum · multiplier + ½, the loss
   * that share of L.
   *
   * @param exact F64 [K + 1] at least, overwritten
   * @param noisy F32 [K + 1] at least, overwritten
   */
  static Privatized<StepStatistics> draw(
      Backend backend,
      NoiseKey key,
      BatchStatistics statistics,
      double stddev,
      long draw,
      double multiplier,
      DeviceBuffer exact,
      DeviceBuffer noisy) {
    int size = statistics.size();
    exact.upload(statistics.exactSums().value(), size);
    Noise noise =
        new Noise(
            DrawnNoise.GAUSSIAN,
            stddev,
            BatchStatistics.QUANTUM,
            new Noise.Address(key.bytes(), draw, TENSOR, 0),
            size,
            exact,
            multiplier);
    backend.privatePath().addNoise(noise, noisy);
    float[] released = noisy.downloadFloats(size);
    double[] shares = new double[size];
    Arrays.setAll(shares, i -> released[i] + 0.5);
    double loss = statistics.lossBound() * shares[size - 1];
    return new Privatized<>(new StepStatistics(Arrays.copyOf(shares, size - 1), loss));
  }
}
