package dev.sotto.cli;

import dev.sotto.base.InputException;
import dev.sotto.compute.Purpose;
import dev.sotto.model.SequenceScores;
import dev.sotto.model.TransformerPass;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.TaskOptions;
import dev.sotto.settings.Values;
import dev.sotto.task.AdapterNotes;
import dev.sotto.task.LabelledSequences;
import dev.sotto.task.Task;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A model with a head that scores sequences, ready to score.
 *
 * @param loaded the model with its head
 * @param task what is told of a text
 * @param maxLength tokens of a sequence at most
 */
record ScoringModel(LoadedModel loaded, Task.Scored task, int maxLength) implements AutoCloseable {
  /** Whether these settings ask for labels rather than text: the adapter says so, or they do. */
  static boolean isAskedFor(Values values) {
    return notes(values).task().isPresent()
        || TaskOptions.of(values).kind() != TaskOptions.Kind.GENERATE;
  }

  /**
   * Opens what the settings of {@link LoadedModel#SECTION} name, for the task that its adapter was
   * trained for; without an adapter, or with another program's, for that of {@link
   * TaskOptions#SECTION}.
   */
  static ScoringModel open(Values values, Purpose purpose, Optional<Integer> maxLength) {
    AdapterNotes notes = notes(values);
    TaskOptions asked = TaskOptions.of(values);
    Task.Scored task = notes.task().orElseGet(() -> asked(asked, values.get(LoadedModel.MODEL)));
    LoadedModel loaded =
        LoadedModel.open(
            values, purpose, Optional.of(task.head(notes.pooling().or(asked::pooling))));
    int positions = loaded.model().config().maxPositions();
    int length = maxLength.orElse(DataOptions.defaultLength(positions));
    try {
      DataOptions.requirePositions(length, positions);
    } catch (InputException e) {
      loaded.close();
      throw e;
    }
    return new ScoringModel(loaded, task, length);
  }

  private static AdapterNotes notes(Values values) {
    return values.find(LoadedModel.ADAPTER).map(AdapterNotes::read).orElse(AdapterNotes.NONE);
  }

  private static Task.Scored asked(TaskOptions options, Path modelDir) {
    if (options.labelsFromData()) {
      throw new InputException("--labels from-data is for training; name the labels");
    }
    if (options.task(modelDir, modelDir, List.of()) instanceof Task.Scored scored) {
      return scored;
    }
    throw new InputException(
        "there are no labels to tell: name an adapter that was trained to classify or to regress,"
            + " or the task by --task");
  }

  /** How records become sequences. */
  LabelledSequences sequences() {
    return new LabelledSequences(task, loaded.tokenizer(), maxLength);
  }

  /** A pass for {@link SequenceScores} of the model. */
  TransformerPass pass() {
    return new TransformerPass(loaded.model(), loaded.lora(), SequenceScores.capacity(maxLength));
  }

  @Override
  public void close() {
    loaded.close();
  }
}
