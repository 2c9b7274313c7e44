package dev.sotto.clip;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Rows;
import dev.sotto.gradient.Factors;
import dev.sotto.gradient.GradientSink;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.gradient.Part;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.gradient.UnitGradients;
import dev.sotto.gradient.UnitNorms;

/**
 * Norm, factor and sum of each pair when the backward pass comes to it. The thresholds are public
 * and known before the pass, and the factor of a unit in a pair needs the norm of that pair alone,
 * so the gradients exist in registers only.
 */
final class PairwiseClip implements UnitClip {
  private final ClippedGradSum sum;
  private final Backend backend;
  private final ParameterLayout layout;
  private final UnitGradients unitGradients;
  private final int capacity;
  private final DeviceBuffer squaredNorms;
  private final DeviceBuffer factors;
  private final PerSampleGradients pieces;
  private UnitNorms norms;

  PairwiseClip(ClippedGradSum sum, int capacity) {
    this.sum = sum;
    this.capacity = capacity;
    backend = sum.backend();
    layout = sum.layout();
    unitGradients = new UnitGradients(backend);
    squaredNorms = backend.allocate(ElementType.F64, (long) capacity * layout.size());
    factors = backend.allocate(ElementType.F32, capacity);
    pieces = new PerSampleGradients(backend, layout, 1);
    norms = new UnitNorms(layout.size(), 0, squaredNorms);
  }

  @Override
  public MicroBatch open(int units, Part part) {
    if (sum.clipping().isFlat()) {
      throw new IllegalStateException("gradients clipped together must be stored first");
    }
    if (units < 0 || units > capacity) {
      throw new IllegalArgumentException("more units than the capacity of " + capacity);
    }
    GradientSink each;
    if (part == Part.WHOLE) {
      norms = new UnitNorms(layout.size(), units, squaredNorms);
      each = (k, given) -> addUnits(k, given, units);
    } else {
      pieces.begin(units, part);
      norms = pieces.norms();
      each = part.completes() ? this::addLastPiece : pieces;
    }
    // Every pair is in the sum already when the pass is over.
    return new MicroBatch(layout.size(), each, () -> {});
  }

  private void addUnits(int k, Factors given, int units) {
    given.requireOf(layout, k, units);
    DeviceBuffer ofPair = squaredNorms.slice((long) k * units, units);
    unitGradients.norms(given, ofPair);
    unitGradients.clipAndSum(given, clipFactors(k, units, ofPair), sum.quantum(k), sum.sumOf(k));
  }

  /** The pair of a unit whose other pieces are here. */
  private void addLastPiece(int k, Factors given) {
    pieces.accept(k, given);
    DeviceBuffer gradient = pieces.gradients().slice(sum.offset(k), sum.size(k));
    backend
        .privatePath()
        .clippedSum(
            1,
            sum.size(k),
            new Rows(gradient, layout.parameters()),
            clipFactors(k, 1, pieces.norms().squaredNorms().slice(k, 1)),
            sum.quantum(k),
            sum.sumOf(k));
  }

  private DeviceBuffer clipFactors(int k, int units, DeviceBuffer squaredNormsOfPair) {
    DeviceBuffer ofUnits = factors.slice(0, units);
    double[] clipNorm = {sum.clipNorm(k)};
    backend
        .privatePath()
        .clipFactor(units, 1, squaredNormsOfPair, clipNorm, sum.clipping().stabilizer(), ofUnits);
    return ofUnits;
  }

  @Override
  public UnitNorms norms() {
    return norms;
  }

  @Override
  public void close() {
    squaredNorms.close();
    factors.close();
    pieces.close();
  }
}
