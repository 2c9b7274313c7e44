package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.compute.NativeMemoryException;
import dev.sotto.data.Corpus;
import dev.sotto.model.Features;
import dev.sotto.model.HeadPass;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.SequenceScores;
import dev.sotto.model.TrainingPass;
import dev.sotto.model.TransformerPass;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.Optimizer;
import dev.sotto.trainer.Trainable;
import dev.sotto.trainer.TrainingState;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * What the steps of a run train, and on what: the adapter; or the head alone; or the head first and
 * then both. The steps of both stages are counted as one sequence.
 */
final class Stages implements AutoCloseable {
  private static final int MOST_VECTORS = 1024;

  /**
   * Steps that train the same weights.
   *
   * @param corpus what they draw from; private
   * @param trained what they change
   */
  record Stage(Corpus corpus, Trainable trained) {}

  private final Deque<AutoCloseable> owned = new ArrayDeque<>();
  private final Optional<Stage> first;
  private final Stage last;
  private final long stepsOfFirst;
  private final Optional<FinetuneProgress> progress;

  /**
   * Plans the stages.
   *
   * @param listener told before records are looked at; empty for made-up vectors in their place
   */
  private Stages(PreparedRun run, Optional<FinetuneProgress> listener) {
    progress = listener;
    Optional<TuneOptions.HeadFirst> wanted = run.options().tune().headFirst();
    stepsOfFirst = wanted.map(TuneOptions.HeadFirst::steps).orElse(0L);
    try {
      // The state behind the last step of a stage is that stage's still.
      boolean over = TrainingState.step(run.directory().state()) > stepsOfFirst;
      first =
          over
              ? Optional.empty()
              : wanted.map(
                  stage ->
                      head(
                          run,
                          new LearningRate(
                              stage.learningRate(),
                              0,
                              stage.steps(),
                              run.options().training().decay())));
      last = run.options().tune().headAlone() ? head(run, run.learningRate()) : whole(run);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Takes the memory of the stages that are left, and computes what the head is trained on: before
   * anything is charged.
   */
  static Stages open(PreparedRun run, FinetuneProgress progress) {
    return new Stages(run, Optional.of(progress));
  }

  /** The same without a look at any record. */
  static Stages rehearsed(PreparedRun run) {
    return new Stages(run, Optional.empty());
  }

  private Stage whole(PreparedRun run) {
    TrainingPass pass = own(new TransformerPass(run.model(), run.lora(), run.passCapacity()));
    Optimizer optimizer =
        own(
            new Optimizer(
                run.model().backend(), run.options().training().optimizer(), run.lora().weights()));
    return new Stage(
        run.data().corpus(),
        new Trainable(pass, run.lora(), optimizer, run.learningRate(), stepsOfFirst));
  }

  private Stage head(PreparedRun run, LearningRate rate) {
    LoraAdapters head = own(run.lora().headAlone());
    Features features = own(features(run));
    int vectors = PreparedRun.unitsAtATime(head, MOST_VECTORS);
    TrainingPass pass = own(new HeadPass(run.model(), head, features, vectors));
    Optimizer optimizer =
        own(
            new Optimizer(
                run.model().backend(), run.options().training().optimizer(), head.weights()));
    return new Stage(features.corpus(), new Trainable(pass, head, optimizer, rate, 0));
  }

  private Features features(PreparedRun run) {
    progress.ifPresent(FinetuneProgress::features);
    Corpus corpus = progress.isPresent() ? run.data().corpus() : new Corpus(List.of());
    PassCapacity capacity = SequenceScores.capacity(run.options().data().maxLength());
    try (TransformerPass pass = new TransformerPass(run.model(), run.lora(), capacity)) {
      return Features.of(pass, corpus);
    } catch (NativeMemoryException e) {
      // How much was wanted says how many sequences the units have, which is private.
      throw new InputException(
          "what the head sees of all texts does not fit in memory; train without --head-first and"
              + " --tune head, or with a smaller --max-blocks-per-unit");
    }
  }

  private <T extends AutoCloseable> T own(T resource) {
    owned.push(resource);
    return resource;
  }

  /** The stages that have steps left, in order. */
  List<Stage> left() {
    return first.map(stage -> List.of(stage, last)).orElse(List.of(last));
  }

  /** The only stage, or the one behind the head's. */
  Stage last() {
    return last;
  }

  /** Steps of the head's own stage; 0 without one. */
  long stepsOfFirst() {
    return stepsOfFirst;
  }

  /** What changes the weights of a step. */
  Optimizer optimizerOf(long step) {
    return first.filter(stage -> step <= stepsOfFirst).orElse(last).trained().optimizer();
  }

  @Override
  public void close() {
    while (!owned.isEmpty()) {
      try {
        owned.pop().close();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
