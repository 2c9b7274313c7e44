package dev.sotto.mechanism;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.clip.BatchStatistics;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.DrawnNoise;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Noise;
import dev.sotto.compute.WeightUpdate;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.QuantileTable;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Releases a clipped gradient sum under the noise that an event describes.
 *
 * <p><b>Guarantee.</b> One call is the mechanism that its event states: group k of the sum with the
 * noise of the event's group k on each coordinate. An event that states less sensitivity than the
 * sum has, or other groups, is refused, so what is drawn and what is accounted for cannot differ.
 * Noise is an integer multiple of the grid on which the sum lives, so the low-order bits of the
 * release carry nothing (Mironov 2012). The event must be reserved in the ledger before {@link
 * #release} is called.
 *
 * <p>Holds the table of quantiles of each {@link LmoNoise} that it has drawn from, and room for a
 * step's statistics, in the memory of the backend.
 */
public final class NoiseMechanism implements AutoCloseable {
  private record Tabulated(Backend backend, LmoNoise law) {}

  /** A law at scale 1, and its scale in every group. */
  private record Draws(DrawnNoise law, double[] scales) {}

  /** The kernel's grid: draws beyond it are refused. */
  private static final double MOST_QUANTA = 0x1p51;

  /** Room for the few numbers that a step releases beside its gradient. */
  private record Few(Backend backend, DeviceBuffer doubles, DeviceBuffer floats) {
    boolean serves(Backend other, int size) {
      return backend == other && doubles.length() >= size;
    }

    void close() {
      doubles.close();
      floats.close();
    }
  }

  private final NoiseKey key;
  private final Map<Tabulated, DrawnNoise> tables = new HashMap<>();
  private Few few;

  /**
   * A mechanism that draws from {@code key}.
   *
   * @param key the run's key
   */
  public NoiseMechanism(NoiseKey key) {
    this.key = key;
  }

  /**
   * Puts the table that draws for an event need, if any, into the memory of a backend, so that no
   * release has to.
   */
  public void prepare(Backend backend, PrivacyEvent event) {
    if (event instanceof LmoEvent lmo && !lmo.law().isLaplace()) {
      tabulated(backend, lmo.law());
    }
  }

  /**
   * out = (sum + noise) · multiplier.
   *
   * @param sum the clipped sum of one logical batch
   * @param event the noise, before sampling: a {@link GaussianEvent} or an {@link LmoEvent} with
   *     the groups of the sum
   * @param draw addresses the noise: never the same number twice in the life of a key
   * @param multiplier a public constant, usually 1/(qN)
   * @param out F32 [d], overwritten
   * @throws IllegalArgumentException if the event is not one of this sum; nothing is released
   */
  public Privatized<DeviceBuffer> release(
      ClippedGradSum sum, PrivacyEvent event, long draw, double multiplier, DeviceBuffer out) {
    Draws draws = draws(sum, event);
    for (int g = 0; g < sum.groups(); g++) {
      sum.backend()
          .privatePath()
          .addNoise(noise(sum, draws, g, draw, multiplier), out.slice(sum.offset(g), sum.size(g)));
    }
    return new Privatized<>(out);
  }

  /**
   * An optimizer's update with the gradient (sum + noise) · multiplier, which {@link #release}
   * would release under the same event and draw: the same weights to the bit, in one pass over the
   * parameters and without memory for the gradient. The optimizer is given nothing: it states its
   * update, and what the update changes is post-processing of the release.
   *
   * @param sum the clipped sum of one logical batch
   * @param event the noise, before sampling, as for {@link #release}
   * @param draw addresses the noise: never the same number twice in the life of a key, for this
   *     method and {@link #release} together
   * @param multiplier a public constant, usually 1/(qN)
   * @param update of d weights, on the backend of the sum
   * @throws IllegalArgumentException if the event is not one of this sum, or the update is of
   *     another length; nothing is released or changed
   */
  public void releaseInto(
      ClippedGradSum sum, PrivacyEvent event, long draw, double multiplier, WeightUpdate update) {
    releaseInto(sum, null, event, draw, multiplier, update, null);
  }

  /**
   * The same, with what a controller may learn of the step. Norms are computed from what is
   * released, which costs nothing; statistics are released under the event's last group.
   *
   * @param sum the clipped sum of one logical batch
   * @param statistics of the same batch, or null; with them the event is a {@link GaussianEvent}
   *     with one group more than the sum, the last, whose noise is on each of the K + 1 statistics
   * @param event the noise, before sampling, as for {@link #release}
   * @param draw addresses the noise: never the same number twice in the life of a key, for this
   *     method and {@link #release} together
   * @param multiplier a public constant, usually 1/(qN)
   * @param update of d weights, on the backend of the sum
   * @param gradient F32 [d], overwritten by the released gradient; null: not wanted, and no norms
   * @return what the step released, by clipping group
   * @throws IllegalArgumentException if the event is not one of this sum and these statistics, or a
   *     buffer is of another length; nothing is released or changed
   */
  public StepRelease releaseInto(
      ClippedGradSum sum,
      BatchStatistics statistics,
      PrivacyEvent event,
      long draw,
      double multiplier,
      WeightUpdate update,
      DeviceBuffer gradient) {
    requireLength("update", update.weights(), sum);
    if (gradient != null) {
      requireLength("gradient", gradient, sum);
    }
    GaussianEvent.Group added = null;
    if (statistics != null) {
      added = StatisticsRelease.groupOf(event, statistics, sum.groups());
      event = StatisticsRelease.withoutLast((GaussianEvent) event);
    }
    Draws draws = draws(sum, event);
    Privatized<StepStatistics> released =
        statistics == null
            ? null
            : releaseStatistics(sum.backend(), statistics, added.stddev(), draw, multiplier);
    for (int g = 0; g < sum.groups(); g++) {
      long offset = sum.offset(g);
      long size = sum.size(g);
      sum.backend()
          .privatePath()
          .noisyStep(
              noise(sum, draws, g, draw, multiplier),
              gradient == null ? null : gradient.slice(offset, size),
              update.slice(offset, size));
    }
    return gradient == null
        ? new StepRelease(null, null, released)
        : new StepRelease(norms(sum, gradient), norms(sum, update.weights()), released);
  }

  /** The release of group g. */
  private Noise noise(ClippedGradSum sum, Draws draws, int g, long draw, double multiplier) {
    long offset = sum.offset(g);
    long size = sum.size(g);
    return new Noise(
        draws.law,
        draws.scales[g],
        sum.quantum(g),
        new Noise.Address(key.bytes(), draw, 0, offset),
        size,
        sum.exactSum().value().slice(offset, size),
        multiplier);
  }

  private Privatized<StepStatistics> releaseStatistics(
      Backend backend, BatchStatistics statistics, double stddev, long draw, double multiplier) {
    Few room = few(backend, statistics.size());
    return StatisticsRelease.draw(
        backend, key, statistics, stddev, draw, multiplier, room.doubles, room.floats);
  }

  /** Allocated by the first step that needs it; later steps find it. */
  private Few few(Backend backend, int size) {
    if (few == null || !few.serves(backend, size)) {
      closeFew();
      few =
          new Few(
              backend,
              backend.allocate(ElementType.F64, size),
              backend.allocate(ElementType.F32, size));
    }
    return few;
  }

  private void closeFew() {
    if (few != null) {
      few.close();
      few = null;
    }
  }

  private static void requireLength(String name, DeviceBuffer buffer, ClippedGradSum sum) {
    if (buffer.length() != sum.parameters()) {
      throw new IllegalArgumentException(
          "the "
              + name
              + " is of "
              + buffer.length()
              + " weights, but the sum has "
              + sum.parameters());
    }
  }

  /** L2 norms by group of values that have been released, or follow from such. */
  private Privatized<double[]> norms(ClippedGradSum sum, DeviceBuffer released) {
    int groups = sum.groups();
    // One more than needed: the same room then serves the statistics.
    DeviceBuffer squares = few(sum.backend(), groups + 1).doubles;
    squares.zero();
    for (int g = 0; g < groups; g++) {
      DeviceBuffer values = released.slice(sum.offset(g), sum.size(g));
      sum.backend().dense().squaredNorm(sum.size(g), values, squares.slice(g, 1));
    }
    return new Privatized<>(
        Arrays.stream(squares.downloadDoubles(groups)).map(Math::sqrt).toArray());
  }

  /** The noise of an event, once it is known to be one of the sum. */
  private Draws draws(ClippedGradSum sum, PrivacyEvent event) {
    if (event instanceof GaussianEvent gaussian) {
      requireGroups(sum, gaussian.groups().size());
      for (int g = 0; g < sum.groups(); g++) {
        requireSensitivity(sum, g, gaussian.groups().get(g).sensitivity());
      }
      return new Draws(DrawnNoise.GAUSSIAN, scales(gaussian));
    } else if (event instanceof LmoEvent lmo) {
      requireGroups(sum, lmo.groups().size());
      for (int g = 0; g < sum.groups(); g++) {
        requireSensitivity(sum, g, lmo.groups().get(g).sensitivity());
        requireDimension(sum, g, lmo.groups().get(g).dimension());
      }
      DrawnNoise law =
          lmo.law().isLaplace() ? DrawnNoise.LAPLACE : tabulated(sum.backend(), lmo.law());
      return new Draws(law, scales(lmo));
    } else {
      throw unknown(event);
    }
  }

  /**
   * Checks, before anything is allocated, that a law can be drawn from and that its largest draw
   * fits the grid of the sums.
   *
   * @param event a {@link GaussianEvent} or an {@link LmoEvent}; a Gaussian one may have a last
   *     group more, of statistics
   * @param groups the groups of the sum
   * @throws IllegalArgumentException if not
   */
  public static void requireDrawable(PrivacyEvent event, List<Clipping.Group> groups) {
    double[] scales;
    double largest;
    if (event instanceof GaussianEvent gaussian) {
      scales = scales(gaussian);
      largest = Math.sqrt(2 * QuantileTable.LARGEST_EXPONENT);
    } else if (event instanceof LmoEvent lmo) {
      scales = scales(lmo);
      largest =
          lmo.law().isLaplace()
              ? QuantileTable.LARGEST_EXPONENT
              : QuantileTable.of(lmo.law()).largest();
    } else {
      throw unknown(event);
    }
    if (scales.length == groups.size() + 1) {
      StatisticsRelease.requireDrawable(scales[groups.size()] * largest, MOST_QUANTA);
    }
    for (int g = 0; g < groups.size(); g++) {
      Clipping.Group group = groups.get(g);
      if (!(scales[g] * largest <= MOST_QUANTA * group.quantum())) {
        throw new IllegalArgumentException(
            "the largest draw of noise of scale "
                + scales[g]
                + " does not fit the grid of sums of "
                + group.size()
                + " parameters clipped to norm "
                + group.clipNorm()
                + ": choose a larger epsilon, fewer parameters, or a law with a lighter tail");
      }
    }
  }

  private static double[] scales(GaussianEvent event) {
    return event.groups().stream().mapToDouble(GaussianEvent.Group::stddev).toArray();
  }

  /** Of the law that the kernel draws from: for Laplace noise that of scale 1. */
  private static double[] scales(LmoEvent event) {
    double unit = event.law().isLaplace() ? event.law().meanInverseScale() : 1;
    return event.groups().stream().mapToDouble(group -> group.scale() / unit).toArray();
  }

  private static IllegalArgumentException unknown(PrivacyEvent event) {
    return new IllegalArgumentException(
        "a clipped sum is released under a Gaussian or an LMO event, not under "
            + event.getClass().getSimpleName());
  }

  private static void requireGroups(ClippedGradSum sum, int groups) {
    if (groups != sum.groups()) {
      throw new IllegalArgumentException(
          "the event has " + groups + " groups, but the sum has " + sum.groups());
    }
  }

  private static void requireSensitivity(ClippedGradSum sum, int g, double stated) {
    if (stated < sum.sensitivity(g)) {
      throw new IllegalArgumentException(
          "the event states a sensitivity of "
              + stated
              + " for group "
              + g
              + ", but one unit can move the sum by "
              + sum.sensitivity(g));
    }
  }

  private static void requireDimension(ClippedGradSum sum, int g, long stated) {
    if (stated < sum.size(g)) {
      throw new IllegalArgumentException(
          "the event states "
              + stated
              + " coordinates for group "
              + g
              + ", but the sum has "
              + sum.size(g));
    }
  }

  private DrawnNoise tabulated(Backend backend, LmoNoise law) {
    return tables.computeIfAbsent(new Tabulated(backend, law), missing -> tabulate(backend, law));
  }

  /** Puts the quantiles of a law into the memory of a backend; whoever asked closes them. */
  static DrawnNoise tabulate(Backend backend, LmoNoise law) {
    QuantileTable table = QuantileTable.of(law);
    double[] coefficients = table.coefficients();
    DeviceBuffer buffer = backend.allocate(ElementType.F64, coefficients.length);
    buffer.upload(coefficients, coefficients.length);
    return DrawnNoise.lmo(buffer, table.largest());
  }

  @Override
  public void close() {
    tables.values().forEach(law -> law.quantiles().close());
    tables.clear();
    closeFew();
  }
}
