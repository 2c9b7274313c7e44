package dev.sotto.trainer;

import dev.sotto.clip.BatchStatistics;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.MicroBatch;
import dev.sotto.clip.UnitClip;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.data.Corpus;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.model.Batch;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.TrainingPass;
import java.util.Optional;

/** The sums of a step on this machine, whose memory holds all units. */
public final class LocalSums implements SumExecutor {
  private final int units;
  private final TrainingPass pass;
  private final ParameterLayout layout;
  private final StepSum sum;
  private final UnitClip clip;
  private final MicroBatches microBatches;
  private final UnitLosses unitLosses = new UnitLosses();
  private TrainingObserver observer = TrainingObserver.NONE;

  /**
   * Plans the memory of the sums and takes all of it.
   *
   * @param corpus private units, numbered by their place
   * @param trained whose weights the gradients are taken at
   * @param privacy mechanism parameters, fixed for the run
   */
  public LocalSums(Corpus corpus, Trainable trained, PrivacyParameters privacy) {
    LoraAdapters lora = trained.lora();
    Backend backend = lora.backend();
    units = corpus.units().size();
    pass = trained.pass();
    layout = lora.layout();
    int capacity = pass.capacity().units();
    ClippedGradSum gradients = new ClippedGradSum(backend, layout, capacity, privacy.clipping());
    clip = UnitClip.of(gradients, capacity);
    microBatches = new MicroBatches(corpus.units(), pass.capacity());
    Optional<BatchStatistics> statistics =
        privacy
            .control()
            .filter(ControlledRelease::hasStatistics)
            .map(control -> new BatchStatistics(layout.size(), control.lossBound()));
    sum = new StepSum(gradients, statistics);
    Batch largest = Batch.largest(pass.capacity(), capacity);
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

  @Override
  public int units() {
    return units;
  }

  @Override
  public StepSum accumulate(StepOrder order) {
    sum.gradients().reset(order.clipping());
    sum.statistics().ifPresent(statistics -> statistics.reset(order.clipping(), layout));
    microBatches.forEach(
        order.draw().among(0, units),
        (batch, part) -> {
          try (MicroBatch micro = clip.open(batch.units(), part)) {
            DeviceBuffer losses = pass.forwardBackward(batch, micro);
            observer.losses(order.draw().step(), batch, losses);
            if (sum.statistics().isPresent()) {
              unitLosses.add(batch, losses);
            }
          }
          if (sum.statistics().isPresent() && part.completes()) {
            sum.statistics().get().add(clip.norms(), unitLosses.take());
          }
        });
    return sum;
  }

  @Override
  public void close() {
    clip.close();
    sum.gradients().close();
  }
}
