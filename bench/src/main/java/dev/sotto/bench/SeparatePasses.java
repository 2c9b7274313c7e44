package dev.sotto.bench;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Rows;
import dev.sotto.compute.TransformerKernels.RotaryTable;
import java.util.Arrays;

/**
 * The obvious way from stored per-sample gradients [U, P] to their clipped sum: norm, scale and
 * sum, each a pass over memory of its own. Made of operations that the backend has; the scaling is
 * a rotation whose sine is 0.
 */
final class SeparatePasses {
  /** A rotated row is 8 heads of 64 channels, which the kernel does well. */
  private static final int HEAD = 64;

  private static final int HEADS = 8;

  private final Backend backend;
  private final int units;
  private final long parameters;
  private final long rows;
  private final DeviceBuffer unitOfRow;
  private final DeviceBuffer squaredNorm;
  private final DeviceBuffer cosine;
  private final DeviceBuffer sine;
  final DeviceBuffer factor;
  final DeviceBuffer sum;

  /** Buffers come from {@code state} and are freed with it; P is a multiple of 512. */
  SeparatePasses(DeviceState state, int units, long parameters) {
    backend = state.device;
    this.units = units;
    this.parameters = parameters;
    int rowsOfUnit = Math.toIntExact(parameters / (HEAD * HEADS));
    rows = (long) units * rowsOfUnit;
    int[] unit = new int[Math.toIntExact(rows)];
    for (int r = 0; r < unit.length; r++) {
      unit[r] = r / rowsOfUnit;
    }
    unitOfRow = state.upload(unit);
    squaredNorm = state.zeros(ElementType.F64, units);
    factor = state.zeros(ElementType.F32, units);
    // Scaled by 1, or repeated calls on the same gradients would end among subnormal numbers.
    float[] ones = new float[units * HEAD / 2];
    Arrays.fill(ones, 1f);
    cosine = state.upload(ones);
    sine = state.zeros(ElementType.F32, ones.length);
    sum = state.zeros(ElementType.F32, parameters);
  }

  /** Norms and clip factors: 4·U·P bytes. */
  void norm(DeviceBuffer gradients, double clipNorm) {
    squaredNorm.zero();
    for (int s = 0; s < units; s++) {
      DeviceBuffer unit = gradients.slice(s * parameters, parameters);
      backend.dense().squaredNorm(parameters, unit, squaredNorm.slice(s, 1));
    }
    double[] clipNorms = {clipNorm};
    backend.privatePath().clipFactor(units, 1, squaredNorm, clipNorms, 0, factor);
  }

  /** In place, by 1 or by the factors of {@link #scaleByFactors}: 8·U·P bytes. */
  void scale(DeviceBuffer gradients) {
    long width = (long) HEAD * HEADS;
    RotaryTable table = new RotaryTable(units, HEAD, cosine, sine);
    backend
        .transformer()
        .rope(table, unitOfRow, rows, HEADS, HEAD, new Rows(gradients, width), false);
  }

  /** 4·U·P bytes and 8·P. */
  void addUp(DeviceBuffer gradients) {
    sum.zero();
    backend.dense().columnSum(units, parameters, new Rows(gradients, parameters), sum);
  }

  /** Makes {@link #scale} use the factors of the last {@link #norm}. */
  void scaleByFactors() {
    float[] factors = factor.downloadFloats(units);
    float[] repeated = new float[units * HEAD / 2];
    for (int i = 0; i < repeated.length; i++) {
      repeated[i] = factors[i / (HEAD / 2)];
    }
    cosine.upload(repeated);
  }
}
