package dev.sotto.trainer;

import dev.sotto.data.Corpus;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.PoissonSampler;
import dev.sotto.model.Batch;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.TrainingPass;
import dev.sotto.optimizer.Optimizer;
import dev.sotto.optimizer.PublicGradient;

/**
 * LoRA training without any protection, for public data and for comparison: the same batches, the
 * mean gradient, no clip, no noise. The micro-batch is one unit, so the kernels compute one
 * gradient rather than one a sample.
 */
public final class NonPrivateTrainer implements StepRule, AutoCloseable {
  private final Trainable trained;
  private final TrainingPass pass;
  private final Optimizer optimizer;
  private final PoissonSampler sampler;
  private final PerSampleGradients gradient;
  private final MicroBatches microBatches;
  private final long parameters;

  /**
   * Plans the memory of a step.
   *
   * @param samplingProbability q; batches are drawn as in private training
   */
  public NonPrivateTrainer(
      Corpus corpus, Trainable trained, NoiseKey key, double samplingProbability) {
    LoraAdapters lora = trained.lora();
    pass = trained.pass();
    optimizer = trained.optimizer();
    this.trained = trained;
    sampler = new PoissonSampler(key.sampling(), samplingProbability, corpus.units().size());
    gradient = new PerSampleGradients(lora.backend(), lora.layout(), 1);
    microBatches = new MicroBatches(corpus.units(), pass.capacity());
    parameters = lora.layout().parameters();
    Batch largest = Batch.largest(pass.capacity(), 1);
    lora.backend()
        .rehearse(
            () -> {
              gradient.begin(1);
              pass.forwardBackward(largest, gradient);
            });
  }

  /** One step; an empty batch changes nothing. */
  @Override
  public boolean step(long step) {
    int[] drawn = sampler.sample(step);
    if (drawn.length > 0) {
      microBatches.merged(
          drawn,
          (batch, part) -> {
            gradient.begin(1, part);
            pass.forwardBackward(batch, gradient);
          });
      optimizer.step(
          new PublicGradient(gradient.gradients().slice(0, parameters)), trained.rate(step));
    }
    return true;
  }

  @Override
  public void close() {
    gradient.close();
  }
}
