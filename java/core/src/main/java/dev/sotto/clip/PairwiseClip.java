package dev.sotto.clip;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.gradient.PerSampleGradients;

/**
 * Norm, factor and sum of each pair when the backward pass comes to it. The thresholds are public
 * and known before the pass, and the factor of a unit in a pair needs the norm of that pair alone,
 * so the gradients exist in registers only.
 */
final class PairwiseClip implements UnitClip {
  private final ClippedGradSum sum;
  private final Backend backend;
  private final ParameterLayout layout;
  private final int capacity;
  private final DeviceBuffer squaredNorms;
  private final DeviceBuffer factors;
  private final PerSampleGradients pieces;
  private int units;
  private boolean inPieces;
  private boolean complete;

  PairwiseClip(ClippedGradSum sum, int capacity) {
    this.sum = sum;
    this.capacity = capacity;
    backend = sum.backend();
    layout = sum.layout();
    squaredNorms = backend.allocate(ElementType.F64, (long) capacity * layout.size());
    factors = backend.allocate(ElementType.F32, capacity);
    pieces = new PerSampleGradients(backend, layout, 1);
  }

  @Override
  public void begin(int units, boolean accumulate, boolean complete) {
    if (sum.clipping().isFlat()) {
      throw new IllegalStateException("gradients clipped together must be stored first");
    }
    if (units < 0 || units > capacity) {
      throw new IllegalArgumentException("more units than the capacity of " + capacity);
    }
    this.units = units;
    this.complete = complete;
    inPieces = accumulate || !complete;
    if (inPieces) {
      pieces.begin(units, accumulate);
    }
  }

  @Override
  public void accept(
      int k,
      DeviceBuffer unitStart,
      long rows,
      DeviceBuffer x,
      DeviceBuffer u,
      DeviceBuffer dy,
      long lddy,
      DeviceBuffer du) {
    if (inPieces) {
      pieces.accept(k, unitStart, rows, x, u, dy, lddy, du);
      if (complete) {
        addPieces(k);
      }
      return;
    }
    LoraShape shape = layout.pairs().get(k);
    DeviceBuffer norms = squaredNorms.slice((long) k * units, units);
    backend.perSampleNorm(shape, units, unitStart, rows, x, u, dy, lddy, du, false, null, 0, norms);
    factors(k, norms);
    backend.clipAndSumPair(
        shape,
        units,
        unitStart,
        rows,
        x,
        u,
        dy,
        lddy,
        du,
        factors.slice(0, units),
        sum.quantum(k),
        sum.sumOf(k));
  }

  private void factors(int k, DeviceBuffer norms) {
    double[] clipNorm = {sum.clipNorm(k)};
    backend.clipFactor(
        units, 1, norms, clipNorm, sum.clipping().stabilizer(), factors.slice(0, units));
  }

  /** The pair of a unit whose last piece has just been added. */
  private void addPieces(int k) {
    factors(k, pieces.squaredNorms().slice(k, 1));
    backend.clippedSum(
        1,
        sum.size(k),
        pieces.gradients().slice(sum.offset(k), sum.size(k)),
        layout.parameters(),
        factors.slice(0, 1),
        sum.quantum(k),
        sum.sumOf(k));
  }

  @Override
  public void finish() {
    // Every pair is in the sum already.
  }

  @Override
  public int pairs() {
    return layout.size();
  }

  @Override
  public int units() {
    return units;
  }

  @Override
  public DeviceBuffer squaredNorms() {
    return inPieces ? pieces.squaredNorms() : squaredNorms;
  }

  @Override
  public void close() {
    squaredNorms.close();
    factors.close();
    pieces.close();
  }
}
