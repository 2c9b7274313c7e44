package dev.sotto.clip;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Purpose;
import dev.sotto.compute.Rows;
import dev.sotto.exact.Exact;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.gradient.PerSampleGradients;
import java.util.List;

/**
 * The sum of clipped per-sample gradients over one logical batch, the only thing a mechanism
 * accepts.
 *
 * <p><b>Guarantee.</b> Adding or removing one privacy unit moves group k by at most {@link
 * #sensitivity(int)} in L2 norm. Each unit's clipped gradient is rounded to a grid of quantum η_k
 * (a power of two ≤ C_k·2⁻²⁰/√d_k) before it is added, and sums of multiples of η are exact in
 * double precision up to 2⁵³η. So the sum has no rounding of its own that could depend on the other
 * units, and is the same bits whatever the order and the micro-batches. A unit whose gradient in a
 * group is not finite adds zero to that group.
 *
 * <p>Sensitive: only {@code dev.sotto.mechanism} may look inside.
 */
public final class ClippedGradSum implements AutoCloseable {
  private final Backend backend;
  private final ParameterLayout layout;
  private final DeviceBuffer sum;
  private final DeviceBuffer factors;
  private Clipping clipping;
  private List<Clipping.Group> groups;

  /**
   * Plans memory: 8·d bytes for the sum, 4·U·groups for the factors.
   *
   * @param backend owner of the memory
   * @param layout the trainable parameters
   * @param unitCapacity most units of a micro-batch
   * @param clipping thresholds of the first batch
   * @throws IllegalArgumentException if the backend was opened for public data
   */
  public ClippedGradSum(
      Backend backend, ParameterLayout layout, int unitCapacity, Clipping clipping) {
    Purpose.requirePrivate(backend);
    this.backend = backend;
    this.layout = layout;
    sum = backend.allocate(ElementType.F64, layout.parameters());
    factors = backend.allocate(ElementType.F32, (long) unitCapacity * layout.size());
    reset(clipping);
  }

  /** Empties the sum and sets the thresholds of the next logical batch. */
  public void reset(Clipping clipping) {
    this.groups = clipping.groups(layout);
    this.clipping = clipping;
    sum.zero();
  }

  /** Clips the units of a micro-batch and adds them. */
  public void add(PerSampleGradients micro) {
    int units = micro.units();
    if (units == 0) {
      return;
    }
    backend
        .privatePath()
        .clipFactor(
            units,
            layout.size(),
            micro.norms().squaredNorms(),
            clipping.clipNorms(),
            clipping.stabilizer(),
            factors);
    for (int g = 0; g < groups(); g++) {
      Clipping.Group group = groups.get(g);
      DeviceBuffer gradients = micro.gradients();
      DeviceBuffer first = gradients.slice(group.offset(), gradients.length() - group.offset());
      backend
          .privatePath()
          .clippedSum(
              units,
              group.size(),
              new Rows(first, layout.parameters()),
              factors.slice((long) g * units, units),
              group.quantum(),
              sumOf(g));
    }
  }

  /** The sum of group k, for what adds to it. */
  DeviceBuffer sumOf(int group) {
    return sum.slice(offset(group), size(group));
  }

  ParameterLayout layout() {
    return layout;
  }

  Clipping clipping() {
    return clipping;
  }

  /** Number of groups K. */
  public int groups() {
    return groups.size();
  }

  /** First parameter of group k in the flat vector. */
  public long offset(int group) {
    return groups.get(group).offset();
  }

  /** Parameters of group k, d_k. */
  public long size(int group) {
    return groups.get(group).size();
  }

  /** Clip norm of group k, C_k. */
  public double clipNorm(int group) {
    return groups.get(group).clipNorm();
  }

  /** Grid of group k, η_k. */
  public double quantum(int group) {
    return groups.get(group).quantum();
  }

  /** L2 sensitivity of group k under adding or removing one unit. */
  public double sensitivity(int group) {
    return groups.get(group).sensitivity();
  }

  /** {@link #sensitivity(int)} of every group. */
  public double[] sensitivities() {
    double[] result = new double[groups()];
    for (int g = 0; g < result.length; g++) {
      result[g] = sensitivity(g);
    }
    return result;
  }

  /** Total number of parameters, d. */
  public long parameters() {
    return layout.parameters();
  }

  /** The backend that holds the sum. */
  public Backend backend() {
    return backend;
  }

  /**
   * The exact sum [d], F64, device, for {@code dev.sotto.mechanism} to open and no one else: its
   * type lies in a package that is not exported.
   */
  public Exact<DeviceBuffer> exactSum() {
    return new Exact<>(sum);
  }

  @Override
  public void close() {
    sum.close();
    factors.close();
  }
}
