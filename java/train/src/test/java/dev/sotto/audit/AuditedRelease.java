package dev.sotto.audit;

import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.clip.BatchStatistics;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.PrivateKernels.PairFactors;
import dev.sotto.compute.PrivateKernels.Units;
import dev.sotto.compute.Rows;
import dev.sotto.compute.WeightUpdate;
import dev.sotto.gradient.Factors;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.NoiseMechanism;
import dev.sotto.mechanism.StepStatistics;
import java.util.Collections;
import java.util.stream.IntStream;

/**
 * The real clip, sum and noise, fed with gradients that an attacker chose: K LoRA pairs whose A has
 * {@code width} numbers and takes the gradient, and whose B has one and takes none.
 */
final class AuditedRelease implements AutoCloseable {
  private final Backend backend;
  private final int pairs;
  private final int width;
  private final LoraShape shape;
  private final ParameterLayout layout;
  private final Clipping clipping;
  private final ClippedGradSum sum;
  private final PerSampleGradients gradients;
  private final NoiseMechanism mechanism;
  private final DeviceBuffer released;
  private final DeviceBuffer velocity;
  private final DeviceBuffer weights;
  private final DeviceBuffer rows;
  private long draw;

  /**
   * @param most units in one batch
   */
  AuditedRelease(Backend backend, int pairs, int width, int most, Clipping clipping, long seed) {
    this.backend = backend;
    this.pairs = pairs;
    this.width = width;
    this.clipping = clipping;
    shape = new LoraShape(width, 1, 1, 1f);
    layout = ParameterLayout.ofPairs(Collections.nCopies(pairs, shape));
    sum = new ClippedGradSum(backend, layout, most, clipping);
    gradients = new PerSampleGradients(backend, layout, most);
    mechanism = new NoiseMechanism(NoiseKey.seededForTests(seed));
    released = backend.allocate(ElementType.F32, layout.parameters());
    velocity = backend.allocate(ElementType.F32, layout.parameters());
    weights = backend.allocate(ElementType.F32, layout.parameters());
    rows = backend.allocate(ElementType.F32, (long) most * width);
  }

  ClippedGradSum sum() {
    return sum;
  }

  /**
   * One release.
   *
   * @param event its noise
   * @param units gradients [width] of the units drawn, the same for every pair
   * @return the release without the numbers of B, [K · width]
   */
  float[] release(PrivacyEvent event, float[]... units) {
    accumulate(units);
    mechanism.release(sum, event, ++draw, 1, released);
    float[] all = released.downloadFloats((int) layout.parameters());
    float[] values = new float[pairs * width];
    for (int k = 0; k < pairs; k++) {
      System.arraycopy(all, (int) layout.offset(k), values, k * width, width);
    }
    return values;
  }

  /**
   * One release with its statistics.
   *
   * @param loss of every unit, in nats a target
   */
  StepStatistics statistics(PrivacyEvent event, double bound, double loss, float[]... units) {
    BatchStatistics statistics = new BatchStatistics(sum.groups(), bound);
    statistics.reset(clipping, layout);
    accumulate(units);
    if (units.length > 0) {
      statistics.add(
          gradients.norms(), IntStream.range(0, units.length).mapToDouble(i -> loss).toArray());
    }
    WeightUpdate update = new WeightUpdate.Sgd(0.1f, 0, 0, velocity, weights);
    return mechanism
        .releaseInto(sum, statistics, event, ++draw, 1, update, released)
        .statistics()
        .value();
  }

  private void accumulate(float[][] units) {
    sum.reset(clipping);
    int n = units.length;
    if (n == 0) {
      return;
    }
    float[] packed = new float[n * width];
    float[] ones = new float[n];
    for (int i = 0; i < n; i++) {
      System.arraycopy(units[i], 0, packed, i * width, width);
      ones[i] = 1;
    }
    rows.slice(0, packed.length).upload(packed);
    try (DeviceBuffer start = backend.allocate(ElementType.I32, n + 1L);
        DeviceBuffer u = backend.allocate(ElementType.F32, n);
        DeviceBuffer dy = backend.allocate(ElementType.F32, n);
        DeviceBuffer du = backend.allocate(ElementType.F32, n)) {
      start.upload(IntStream.rangeClosed(0, n).toArray(), n + 1);
      u.upload(new float[n]);
      dy.upload(new float[n]);
      du.upload(ones);
      gradients.begin(n);
      Units rowEach = new Units(n, start, n);
      for (int k = 0; k < pairs; k++) {
        gradients.accept(
            k, new Factors.LowRank(new PairFactors(shape, rowEach, rows, u, new Rows(dy, 1), du)));
      }
      sum.add(gradients);
    }
  }

  @Override
  public void close() {
    rows.close();
    weights.close();
    velocity.close();
    released.close();
    mechanism.close();
    gradients.close();
    sum.close();
  }
}
