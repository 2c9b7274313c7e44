package dev.sotto.trainer;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.clip.BatchStatistics;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.clip.MicroBatch;
import dev.sotto.clip.UnitClip;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.WeightUpdate;
import dev.sotto.data.Corpus;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.ledger.Ledger;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.NoiseMechanism;
import dev.sotto.mechanism.PoissonSampler;
import dev.sotto.mechanism.StepRelease;
import dev.sotto.model.Batch;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.TrainingPass;
import dev.sotto.optimizer.Optimizer;
import java.util.Optional;

/**
 * DP-SGD and DP-AdamW on LoRA adapters (Abadi et al. 2016; Li et al. 2022).
 *
 * <p><b>Guarantee.</b> Step t is the Poisson-subsampled mechanism {@link #event}: each unit joins
 * with probability q, its gradient is clipped, the sum is released with noise and divided by the
 * public qN. The event is in the ledger, on disk, before noise is drawn. An empty batch is a step
 * like any other. Nothing else of the private data leaves this class. In a controlled run clipping
 * and noise of a step are given with the call; what they may depend on is {@link
 * ControlledTraining}'s part of the guarantee.
 */
public final class PrivateTrainer implements StepRule, AutoCloseable {
  private final Trainable trained;
  private final TrainingPass pass;
  private final ParameterLayout layout;
  private final Ledger ledger;
  private final Optimizer optimizer;
  private final PoissonSampler sampler;
  private final NoiseMechanism mechanism;
  private final Clipping clipping;
  private final double expectedBatchSize;
  private final ClippedGradSum sum;
  private final UnitClip clip;
  private final MicroBatches microBatches;
  private final PoissonSampledEvent event;
  private final UnitLosses unitLosses = new UnitLosses();

  /** Empty where no statistics are released. */
  private final Optional<BatchStatistics> statistics;

  /** Released gradients of controlled steps; empty where nobody looks at them. */
  private final Optional<DeviceBuffer> released;

  private TrainingObserver observer = TrainingObserver.NONE;

  /**
   * Plans the memory of a step and takes all of it: on a GPU that is too small for the plan this
   * fails, before anything is charged.
   *
   * @param corpus private units
   * @param trained what the steps change
   * @param key the run's randomness
   * @param ledger open for append
   * @param privacy mechanism parameters, fixed for the run
   */
  public PrivateTrainer(
      Corpus corpus, Trainable trained, NoiseKey key, Ledger ledger, PrivacyParameters privacy) {
    LoraAdapters lora = trained.lora();
    pass = trained.pass();
    optimizer = trained.optimizer();
    this.trained = trained;
    this.ledger = ledger;
    this.clipping = privacy.clipping();
    double samplingProbability = privacy.samplingProbability();
    this.expectedBatchSize = privacy.expectedBatchSize();
    sampler = new PoissonSampler(key.sampling(), samplingProbability, corpus.units().size());
    mechanism = new NoiseMechanism(key);
    layout = lora.layout();
    Backend backend = lora.backend();
    sum = new ClippedGradSum(backend, layout, pass.capacity().units(), clipping);
    clip = UnitClip.of(sum, pass.capacity().units());
    microBatches = new MicroBatches(corpus.units(), pass.capacity());
    event = new PoissonSampledEvent(samplingProbability, privacy.event());
    statistics =
        privacy
            .control()
            .filter(ControlledRelease::hasStatistics)
            .map(control -> new BatchStatistics(layout.size(), control.lossBound()));
    released =
        privacy.control().map(control -> backend.allocate(ElementType.F32, layout.parameters()));
    mechanism.prepare(backend, privacy.event());
    Batch largest = Batch.largest(pass.capacity(), pass.capacity().units());
    backend.rehearse(
        () -> {
          try (MicroBatch micro = clip.open(largest.units())) {
            pass.forwardBackward(largest, micro);
          }
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
   * One step, clipped and noised as fixed for the run.
   *
   * @param step counts charged steps from 1; never the same number twice in the life of a ledger
   * @return true: what is fixed beforehand has room for every step
   */
  @Override
  public boolean step(long step) {
    accumulate(step, clipping, Optional.empty());
    ledger.reserve(step, event);
    WeightUpdate update = optimizer.next(trained.rate(step));
    mechanism.releaseInto(sum, event.event(), step, 1 / expectedBatchSize, update);
    ledger.commit(step);
    return true;
  }

  /**
   * One step of a controlled run.
   *
   * @param step as for {@link #step(long)}
   * @param chosen clipping of this step, per pair
   * @param release its noise, as {@link ControlledRelease} shares it
   * @return norms of what was released, and the statistics if the run has them
   */
  StepRelease step(long step, Clipping chosen, GaussianEvent release) {
    PoissonSampledEvent sampled = new PoissonSampledEvent(event.samplingProbability(), release);
    accumulate(step, chosen, statistics);
    ledger.reserve(step, sampled);
    WeightUpdate update = optimizer.next(trained.rate(step));
    StepRelease result =
        mechanism.releaseInto(
            sum,
            statistics.orElse(null),
            release,
            step,
            1 / expectedBatchSize,
            update,
            released.orElseThrow());
    ledger.commit(step);
    return result;
  }

  /** Sums the clipped gradients of the step's sample, and its statistics where they are wanted. */
  private void accumulate(long step, Clipping chosen, Optional<BatchStatistics> counted) {
    sum.reset(chosen);
    counted.ifPresent(statistics -> statistics.reset(chosen, layout));
    microBatches.forEach(
        sampler.sample(step),
        (batch, part) -> {
          try (MicroBatch micro = clip.open(batch.units(), part)) {
            DeviceBuffer losses = pass.forwardBackward(batch, micro);
            observer.losses(step, batch, losses);
            if (counted.isPresent()) {
              unitLosses.add(batch, losses);
            }
          }
          if (counted.isPresent() && part.completes()) {
            counted.get().add(clip.norms(), unitLosses.take());
          }
        });
  }

  @Override
  public void close() {
    clip.close();
    sum.close();
    mechanism.close();
    released.ifPresent(DeviceBuffer::close);
  }
}
