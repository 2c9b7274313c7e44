package dev.sotto.mechanism;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.WeightUpdate;

/** The state and weights of a step, zero at first. */
final class StepVectors implements AutoCloseable {
  final DeviceBuffer released;
  private final DeviceBuffer first;
  private final DeviceBuffer second;
  private final DeviceBuffer weights;

  StepVectors(Backend backend, long length) {
    released = backend.allocate(ElementType.F32, length);
    first = backend.allocate(ElementType.F32, length);
    second = backend.allocate(ElementType.F32, length);
    weights = backend.allocate(ElementType.F32, length);
  }

  WeightUpdate sgd() {
    return new WeightUpdate.Sgd(0.1f, 0.9f, 0.01f, first, weights);
  }

  WeightUpdate adamw(long step) {
    return new WeightUpdate.AdamW(
        new WeightUpdate.AdamW.Rule(0.1f, 0.9f, 0.999f, 1e-8f, 0.01f),
        step,
        first,
        second,
        weights);
  }

  float[][] values() {
    int d = (int) weights.length();
    return new float[][] {
      weights.downloadFloats(d), first.downloadFloats(d), second.downloadFloats(d)
    };
  }

  @Override
  public void close() {
    released.close();
    first.close();
    second.close();
    weights.close();
  }
}
