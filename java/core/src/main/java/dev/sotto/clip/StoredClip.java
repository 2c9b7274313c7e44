package dev.sotto.clip;

import dev.sotto.gradient.Part;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.gradient.UnitNorms;

/** Gradients of a micro-batch first, then their clipped sum in one streaming pass. */
final class StoredClip implements UnitClip {
  private final ClippedGradSum sum;
  private final PerSampleGradients gradients;

  StoredClip(ClippedGradSum sum, int capacity) {
    this.sum = sum;
    gradients = new PerSampleGradients(sum.backend(), sum.layout(), capacity);
  }

  @Override
  public MicroBatch open(int units, Part part) {
    gradients.begin(units, part);
    return new MicroBatch(
        sum.layout().size(),
        gradients,
        () -> {
          if (part.completes()) {
            sum.add(gradients);
          }
        });
  }

  @Override
  public UnitNorms norms() {
    return gradients.norms();
  }

  @Override
  public void close() {
    gradients.close();
  }
}
