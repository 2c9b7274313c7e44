package dev.sotto.trainer;

import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.WeightUpdate;
import dev.sotto.data.Corpus;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.ledger.Ledger;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.NoiseMechanism;
import dev.sotto.mechanism.PoissonSampler;
import dev.sotto.model.Batch;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.TransformerPass;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.Optimizer;

/**
 * DP-SGD and DP-AdamW on LoRA adapters (Abadi et al. 2016; Li et al. 2022).
 *
 * <p><b>Guarantee.</b> Step t is the Poisson-subsampled mechanism {@link #event}: each unit joins
 * with probability q, its gradient is clipped, the sum is released with noise and divided by the
 * public qN. The event is in the ledger, on disk, before noise is drawn. An empty batch is a step
 * like any other. Nothing else of the private data leaves this class.
 */
public final class PrivateTrainer implements AutoCloseable {
  private final TransformerPass pass;
  private final Ledger ledger;
  private final Optimizer optimizer;
  private final LearningRate learningRate;
  private final PoissonSampler sampler;
  private final NoiseMechanism mechanism;
  private final Clipping clipping;
  private final double expectedBatchSize;
  private final PerSampleGradients gradients;
  private final ClippedGradSum sum;
  private final MicroBatches microBatches;
  private final PoissonSampledEvent event;
  private TrainingObserver observer = TrainingObserver.NONE;

  /**
   * Plans the memory of a step and takes all of it: on a GPU that is too small for the plan this
   * fails, before anything is charged.
   *
   * @param corpus private units
   * @param pass planned for training with {@code lora}
   * @param lora what is trained
   * @param key the run's randomness
   * @param ledger open for append
   * @param optimizer over {@code lora.weights()}
   * @param privacy mechanism parameters, fixed for the run
   */
  public PrivateTrainer(
      Corpus corpus,
      TransformerPass pass,
      LoraAdapters lora,
      NoiseKey key,
      Ledger ledger,
      Optimizer optimizer,
      LearningRate learningRate,
      PrivacyParameters privacy) {
    this.pass = pass;
    this.ledger = ledger;
    this.optimizer = optimizer;
    this.learningRate = learningRate;
    this.clipping = privacy.clipping();
    double samplingProbability = privacy.samplingProbability();
    this.expectedBatchSize = privacy.expectedBatchSize();
    sampler = new PoissonSampler(key, samplingProbability, corpus.units().size());
    mechanism = new NoiseMechanism(key);
    ParameterLayout layout = lora.layout();
    Backend backend = lora.backend();
    gradients = new PerSampleGradients(backend, layout, pass.plan().units());
    sum = new ClippedGradSum(backend, layout, pass.plan().units(), clipping);
    microBatches = new MicroBatches(corpus.units(), pass.plan(), gradients);
    event = new PoissonSampledEvent(samplingProbability, privacy.release());
    mechanism.prepare(backend, privacy.release());
    Batch largest = Batch.largest(pass.plan(), pass.plan().units());
    backend.rehearse(
        () -> {
          gradients.begin(largest.units(), false);
          pass.forwardBackward(largest, gradients);
          sum.add(gradients);
        });
  }

  /**
   * Who is told of exact, private values; {@link TrainingObserver#NONE} unless the user asked for
   * unsafe diagnostics.
   */
  public void observe(TrainingObserver unsafeObserver) {
    this.observer = unsafeObserver;
  }

  /** What one step costs. */
  public PoissonSampledEvent event() {
    return event;
  }

  /**
   * One step.
   *
   * @param step counts charged steps from 1; never the same number twice in the life of a ledger
   */
  public void step(long step) {
    sum.reset(clipping);
    int[] drawn = sampler.sample(step);
    microBatches.forEach(
        drawn,
        (batch, complete) -> {
          DeviceBuffer losses = pass.forwardBackward(batch, gradients);
          observer.losses(step, batch, losses);
          if (complete) {
            sum.add(gradients);
          }
        });
    ledger.reserve(step, event);
    WeightUpdate update = optimizer.next(learningRate.at(step));
    mechanism.releaseInto(sum, event.event(), step, 1 / expectedBatchSize, update);
    ledger.commit(step);
  }

  @Override
  public void close() {
    gradients.close();
    sum.close();
    mechanism.close();
  }
}
