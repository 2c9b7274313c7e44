package dev.sotto.clip;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.PrivateKernels.PairFactors;
import dev.sotto.compute.PrivateKernels.Units;
import dev.sotto.compute.Rows;
import dev.sotto.gradient.Factors;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.gradient.PerSampleGradients;
import java.util.List;
import java.util.Random;

/**
 * Random factors of per-sample gradients for a set of units: every unit has two rows and its own
 * scale.
 */
final class RandomUnits {
  private static final List<LoraShape> PAIRS =
      List.of(new LoraShape(33, 17, 3, 2f), new LoraShape(9, 65, 3, 2f));
  static final ParameterLayout LAYOUT = ParameterLayout.ofPairs(PAIRS);

  private final Backend backend;
  private final int units;
  private final float[][] x = new float[2][];
  private final float[][] u = new float[2][];
  private final float[][] dy = new float[2][];
  private final float[][] du = new float[2][];

  RandomUnits(Backend backend, int units, long seed) {
    this.backend = backend;
    this.units = units;
    Random random = new Random(seed);
    double[] scale = new double[units];
    for (int s = 0; s < units; s++) {
      scale[s] = Math.pow(10, random.nextDouble() * 8 - 5);
    }
    for (int k = 0; k < 2; k++) {
      LoraShape shape = PAIRS.get(k);
      x[k] = rows(random, shape.inChannels(), scale);
      u[k] = rows(random, shape.rank(), scale);
      dy[k] = rows(random, shape.outChannels(), null);
      du[k] = rows(random, shape.rank(), null);
    }
  }

  private float[] rows(Random random, int width, double[] scale) {
    float[] values = new float[2 * units * width];
    for (int i = 0; i < values.length; i++) {
      double unit = scale == null ? 1 : scale[i / (2 * width)];
      values[i] = (float) (unit * random.nextGaussian());
    }
    return values;
  }

  /** Makes one input of unit {@code s} infinite or NaN. */
  void poison(int s, float value) {
    x[0][2 * s * PAIRS.get(0).inChannels() + 5] = value;
  }

  /** Adds the units of {@code chosen} to the sum, {@code micro} at a time. */
  void addTo(ClippedGradSum sum, int[] chosen, int micro) {
    try (PerSampleGradients gradients = new PerSampleGradients(backend, LAYOUT, micro)) {
      for (int from = 0; from < chosen.length; from += micro) {
        int count = Math.min(micro, chosen.length - from);
        gradients.begin(count);
        for (int k = 0; k < 2; k++) {
          accept(gradients, k, chosen, from, count);
        }
        sum.add(gradients);
      }
    }
  }

  private void accept(PerSampleGradients gradients, int k, int[] chosen, int from, int count) {
    LoraShape shape = PAIRS.get(k);
    int[] starts = new int[count + 1];
    for (int s = 0; s <= count; s++) {
      starts[s] = 2 * s;
    }
    try (DeviceBuffer start = backend.allocate(ElementType.I32, count + 1L);
        DeviceBuffer dx = gather(x[k], shape.inChannels(), chosen, from, count);
        DeviceBuffer duHigh = gather(u[k], shape.rank(), chosen, from, count);
        DeviceBuffer ddy = gather(dy[k], shape.outChannels(), chosen, from, count);
        DeviceBuffer ddu = gather(du[k], shape.rank(), chosen, from, count)) {
      start.upload(starts, count + 1);
      Units rows = new Units(count, start, 2L * count);
      gradients.accept(
          k,
          new Factors.LowRank(
              new PairFactors(shape, rows, dx, duHigh, new Rows(ddy, shape.outChannels()), ddu)));
    }
  }

  private DeviceBuffer gather(float[] values, int width, int[] chosen, int from, int count) {
    float[] packed = new float[2 * count * width];
    for (int s = 0; s < count; s++) {
      System.arraycopy(values, 2 * chosen[from + s] * width, packed, 2 * s * width, 2 * width);
    }
    DeviceBuffer buffer = backend.allocate(ElementType.F32, packed.length);
    buffer.upload(packed);
    return buffer;
  }
}
