package dev.sotto.clip;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.gradient.PerSampleGradients;

/** Gradients of a micro-batch first, then their clipped sum in one streaming pass. */
final class StoredClip implements UnitClip {
  private final ClippedGradSum sum;
  private final PerSampleGradients gradients;

  StoredClip(ClippedGradSum sum, int capacity) {
    this.sum = sum;
    gradients = new PerSampleGradients(sum.backend(), sum.layout(), capacity);
  }

  @Override
  public void begin(int units, boolean accumulate, boolean complete) {
    gradients.begin(units, accumulate, complete);
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
    gradients.accept(k, unitStart, rows, x, u, dy, lddy, du);
  }

  @Override
  public void finish() {
    sum.add(gradients);
  }

  @Override
  public int pairs() {
    return gradients.pairs();
  }

  @Override
  public int units() {
    return gradients.units();
  }

  @Override
  public DeviceBuffer squaredNorms() {
    return gradients.squaredNorms();
  }

  @Override
  public void close() {
    gradients.close();
  }
}
