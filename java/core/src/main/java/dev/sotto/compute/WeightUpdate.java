package dev.sotto.compute;

/**
 * One update of a weight vector by an optimizer, complete but for its gradient: what {@link
 * PrivateKernels#step} and {@link PrivateKernels#noisyStep} do. Its buffers are F32 of one length
 * P, changed in place.
 */
public sealed interface WeightUpdate {
  /** The weights [P]. */
  DeviceBuffer weights();

  /** The same update of {@code length} parameters from {@code offset} on alone. */
  WeightUpdate slice(long offset, long length);

  /**
   * Gradient descent with momentum: v = momentum · v + g; w −= rate · (v + weightDecay · w).
   *
   * @param rate the learning rate
   * @param momentum in [0, 1)
   * @param weightDecay at least 0
   * @param velocity v [P]
   * @param weights w [P]
   */
  record Sgd(
      float rate, float momentum, float weightDecay, DeviceBuffer velocity, DeviceBuffer weights)
      implements WeightUpdate {
    @Override
    public Sgd slice(long offset, long length) {
      return new Sgd(
          rate,
          momentum,
          weightDecay,
          velocity.slice(offset, length),
          weights.slice(offset, length));
    }
  }

  /**
   * AdamW, bias-corrected (Loshchilov and Hutter 2019).
   *
   * @param rule what does not change from step to step
   * @param step this update's number, counted from 1
   * @param firstMoment [P]
   * @param secondMoment [P]
   * @param weights [P]
   */
  record AdamW(
      Rule rule,
      long step,
      DeviceBuffer firstMoment,
      DeviceBuffer secondMoment,
      DeviceBuffer weights)
      implements WeightUpdate {
    /**
     * The rule of every step.
     *
     * @param rate the learning rate
     * @param beta1 decay of the first moment, in [0, 1)
     * @param beta2 decay of the second moment, in [0, 1)
     * @param epsilon positive
     * @param weightDecay at least 0
     */
    public record Rule(float rate, float beta1, float beta2, float epsilon, float weightDecay) {}

    @Override
    public AdamW slice(long offset, long length) {
      return new AdamW(
          rule,
          step,
          firstMoment.slice(offset, length),
          secondMoment.slice(offset, length),
          weights.slice(offset, length));
    }
  }
}
