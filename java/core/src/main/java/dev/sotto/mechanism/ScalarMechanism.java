package dev.sotto.mechanism;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LaplaceEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.DrawnNoise;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Noise;
import dev.sotto.noise.LmoNoise;

/**
 * Releases single numbers under the noise that an event describes.
 *
 * <p><b>Guarantee.</b> One call is the mechanism of the event, provided that one privacy unit moves
 * the number by no more than C with {@link #charged}(C) at most the event's sensitivity. The number
 * is rounded to a grid and the noise is a multiple of the grid's step, so the low-order bits of the
 * release carry nothing (Mironov 2012). The event must be reserved in the ledger before {@link
 * #release} is called.
 */
public final class ScalarMechanism implements AutoCloseable {
  private static final int GRID_BITS = 21;

  /** Rounding may move two neighbouring numbers apart by one step of the grid. */
  private static final double ROUNDING = 0x1p-20;

  /** Numbers are cut off this many sensitivities from 0, far inside what the grid can hold. */
  private static final double LARGEST = 0x1p28;

  private final Backend backend;
  private final NoiseKey key;
  private final int tensor;
  private final double sensitivity;
  private final double scale;
  private final DrawnNoise law;

  /**
   * A mechanism for one kind of number.
   *
   * @param backend draws the noise
   * @param key the run's key
   * @param tensor sets the draws of different numbers apart: from 1 to 2^28 - 2, because 0 is the
   *     gradient's and 2^28 - 1 that of the statistics of a step
   * @param event Gaussian, Laplace or LMO noise on one coordinate in one group
   * @throws IllegalArgumentException if the event is not that of a single number, or its law cannot
   *     be drawn from
   */
  public ScalarMechanism(Backend backend, NoiseKey key, int tensor, PrivacyEvent event) {
    if (tensor < 1 || tensor >= StatisticsRelease.TENSOR) {
      throw new IllegalArgumentException(
          "the tensor of a number must lie in [1, 2^28 - 2], got " + tensor);
    }
    this.backend = backend;
    this.key = key;
    this.tensor = tensor;
    if (event instanceof GaussianEvent gaussian && gaussian.groups().size() == 1) {
      sensitivity = gaussian.groups().get(0).sensitivity();
      scale = gaussian.groups().get(0).stddev();
      law = DrawnNoise.GAUSSIAN;
    } else if (event instanceof LaplaceEvent laplace) {
      sensitivity = laplace.sensitivity();
      scale = laplace.scale();
      law = DrawnNoise.LAPLACE;
    } else if (event instanceof LmoEvent lmo
        && lmo.groups().size() == 1
        && lmo.groups().get(0).dimension() == 1) {
      LmoNoise noise = lmo.law();
      sensitivity = lmo.groups().get(0).sensitivity();
      double factor = lmo.groups().get(0).scale();
      scale = noise.isLaplace() ? factor / noise.meanInverseScale() : factor;
      law = noise.isLaplace() ? DrawnNoise.LAPLACE : NoiseMechanism.tabulate(backend, noise);
    } else {
      throw new IllegalArgumentException(
          "a single number is released under Gaussian, Laplace or LMO noise on one coordinate, got "
              + event);
    }
  }

  /**
   * The sensitivity that an event must state.
   *
   * @param sensitivity C, by how much one privacy unit can move the number before it is rounded
   * @return C and the most that rounding adds
   */
  public static double charged(double sensitivity) {
    return sensitivity * (1 + ROUNDING);
  }

  /**
   * The number plus noise.
   *
   * @param value the exact number; private. One that is not finite counts as 0, and one beyond 2^28
   *     sensitivities as that, since a failure would tell something about it
   * @param step addresses the noise: never the same number twice in the life of a key
   * @return what may be published, to single precision
   */
  public Privatized<Double> release(double value, long step) {
    double quantum = Math.scalb(1.0, Math.getExponent(sensitivity) - GRID_BITS);
    double kept = Double.isNaN(value) || Double.isInfinite(value) ? 0 : value;
    double bound = LARGEST * sensitivity;
    double rounded = quantum * Math.rint(Math.max(-bound, Math.min(bound, kept)) / quantum);
    try (DeviceBuffer exact = backend.allocate(ElementType.F64, 1);
        DeviceBuffer noisy = backend.allocate(ElementType.F32, 1)) {
      exact.upload(new double[] {rounded}, 1);
      Noise.Address address = new Noise.Address(key.bytes(), step, tensor, 0);
      backend.privatePath().addNoise(new Noise(law, scale, quantum, address, 1, exact, 1), noisy);
      return new Privatized<>((double) noisy.downloadFloats(1)[0]);
    }
  }

  @Override
  public void close() {
    if (law.quantiles() != null) {
      law.quantiles().close();
    }
  }
}
