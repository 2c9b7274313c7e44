package dev.sotto.optimizer;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.WeightUpdate;
import dev.sotto.mechanism.Privatized;

/**
 * Updates weights from released gradients. What it does is post-processing of a private release and
 * costs no privacy: {@link #step(Privatized, float)} can be given nothing else, and {@link
 * #next(float)} is given nothing at all.
 *
 * <p>Its state is one or two vectors of the weights' length, saved and restored with a checkpoint.
 */
public final class Optimizer implements AutoCloseable {
  private static final float ADAM_BETA1 = 0.9f;
  private static final float ADAM_BETA2 = 0.999f;
  private static final float ADAM_EPSILON = 1e-8f;

  private final Backend backend;
  private final OptimizerOptions options;
  private final DeviceBuffer weights;
  private final DeviceBuffer first;
  private final DeviceBuffer second;
  private long steps;

  /**
   * Plans the state.
   *
   * @param weights updated in place, [d], F32, device
   */
  public Optimizer(Backend backend, OptimizerOptions options, DeviceBuffer weights) {
    this.backend = backend;
    this.options = options;
    this.weights = weights;
    first = backend.allocate(ElementType.F32, weights.length());
    second =
        options.kind() == OptimizerOptions.Kind.ADAMW
            ? backend.allocate(ElementType.F32, weights.length())
            : null;
  }

  /** One update from a privatized gradient. */
  public void step(Privatized<DeviceBuffer> gradient, float rate) {
    update(gradient.value(), rate);
  }

  /** One update without any guarantee. */
  public void step(PublicGradient gradient, float rate) {
    update(gradient.value(), rate);
  }

  private void update(DeviceBuffer gradient, float rate) {
    backend.privatePath().step(next(rate), gradient);
  }

  /**
   * Counts one update and says what it is, for a mechanism that releases a gradient straight into
   * the weights: {@code NoiseMechanism.releaseInto}. It must be carried out before the next.
   */
  public WeightUpdate next(float rate) {
    float decay = (float) options.weightDecay();
    steps++;
    return switch (options.kind()) {
      case SGD -> new WeightUpdate.Sgd(rate, (float) options.momentum(), decay, first, weights);
      case ADAMW ->
          new WeightUpdate.AdamW(
              new WeightUpdate.AdamW.Rule(rate, ADAM_BETA1, ADAM_BETA2, ADAM_EPSILON, decay),
              steps,
              first,
              second,
              weights);
    };
  }

  /** Updates made so far. */
  public long steps() {
    return steps;
  }

  /** Momentum, or AdamW's first moment, [d], on the host. */
  public float[] firstMoment() {
    return first.downloadFloats((int) first.length());
  }

  /** AdamW's second moment, [d], on the host; empty for SGD. */
  public float[] secondMoment() {
    return second == null ? new float[0] : second.downloadFloats((int) second.length());
  }

  /**
   * Restores a saved state.
   *
   * @throws IllegalArgumentException if it is of another length
   */
  public void restore(long savedSteps, float[] firstMoment, float[] secondMoment) {
    long expected = second == null ? 0 : second.length();
    if (firstMoment.length != first.length() || secondMoment.length != expected) {
      throw new IllegalArgumentException("the optimizer state is of another model or optimizer");
    }
    steps = savedSteps;
    first.upload(firstMoment);
    if (second != null) {
      second.upload(secondMoment);
    }
  }

  @Override
  public void close() {
    first.close();
    if (second != null) {
      second.close();
    }
  }
}
