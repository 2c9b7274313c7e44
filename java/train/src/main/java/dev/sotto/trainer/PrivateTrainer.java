package dev.sotto.trainer;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.WeightUpdate;
import dev.sotto.ledger.Ledger;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.NoiseMechanism;
import dev.sotto.mechanism.PoissonDraw;
import dev.sotto.mechanism.PoissonSampler;
import dev.sotto.mechanism.StepRelease;
import dev.sotto.model.LoraAdapters;
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
  private final SumExecutor sums;
  private final Ledger ledger;
  private final Optimizer optimizer;
  private final PoissonSampler sampler;
  private final NoiseMechanism mechanism;
  private final Clipping clipping;
  private final double expectedBatchSize;
  private final PoissonSampledEvent event;

  /** Released gradients of controlled steps; empty where nobody looks at them. */
  private final Optional<DeviceBuffer> released;

  /**
   * Takes what is left of a step's memory beside that of the sums: on a GPU that is too small for
   * the plan this fails, before anything is charged.
   *
   * @param sums over the private units, made for the same {@code trained} and {@code privacy};
   *     closed with this
   * @param trained what the steps change
   * @param key the run's randomness
   * @param ledger open for append
   * @param privacy mechanism parameters, fixed for the run
   */
  public PrivateTrainer(
      SumExecutor sums, Trainable trained, NoiseKey key, Ledger ledger, PrivacyParameters privacy) {
    LoraAdapters lora = trained.lora();
    Backend backend = lora.backend();
    optimizer = trained.optimizer();
    this.trained = trained;
    this.sums = sums;
    this.ledger = ledger;
    this.clipping = privacy.clipping();
    double samplingProbability = privacy.samplingProbability();
    this.expectedBatchSize = privacy.expectedBatchSize();
    sampler = new PoissonSampler(key.sampling(), samplingProbability, sums.units());
    mechanism = new NoiseMechanism(key);
    event = new PoissonSampledEvent(samplingProbability, privacy.event());
    released =
        privacy
            .control()
            .map(control -> backend.allocate(ElementType.F32, lora.layout().parameters()));
    mechanism.prepare(backend, privacy.event());
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
    StepSum sum = accumulate(step, clipping);
    ledger.reserve(step, event);
    WeightUpdate update = optimizer.next(trained.rate(step));
    mechanism.releaseInto(sum.gradients(), event.event(), step, 1 / expectedBatchSize, update);
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
    StepSum sum = accumulate(step, chosen);
    ledger.reserve(step, sampled);
    WeightUpdate update = optimizer.next(trained.rate(step));
    StepRelease result =
        mechanism.releaseInto(
            sum.gradients(),
            sum.statistics().orElse(null),
            release,
            step,
            1 / expectedBatchSize,
            update,
            released.orElseThrow());
    ledger.commit(step);
    return result;
  }

  private StepSum accumulate(long step, Clipping chosen) {
    try (PoissonDraw draw = sampler.draw(step)) {
      return sums.accumulate(new StepOrder(draw, chosen));
    }
  }

  @Override
  public void close() {
    sums.close();
    mechanism.close();
    released.ifPresent(DeviceBuffer::close);
  }
}
