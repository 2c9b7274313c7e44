package dev.sotto.cli;

import dev.sotto.base.InputException;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Purpose;
import dev.sotto.data.Block;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.Precision;
import dev.sotto.model.SequenceScores;
import dev.sotto.model.TransformerPass;
import dev.sotto.plan.BackendOptions;
import dev.sotto.plan.TaskOptions;
import dev.sotto.settings.Values;
import dev.sotto.task.AdapterNotes;
import dev.sotto.task.LabelledSequences;
import dev.sotto.task.Task;
import dev.sotto.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A model with a head that scores sequences, ready to score.
 *
 * @param backend holds the weights
 * @param model the base with its head
 * @param lora its adapter, or null where the model's own head is to score
 * @param tokenizer text to ids
 * @param task what is told of a text
 * @param maxLength tokens of a sequence at most
 */
record ScoringModel(
    Backend backend,
    LanguageModel model,
    LoraAdapters lora,
    Tokenizer tokenizer,
    Task.Scored task,
    int maxLength)
    implements AutoCloseable {
  private static final int DEFAULT_LENGTH = 256;

  /** Whether these settings ask for labels rather than text: the adapter says so, or they do. */
  static boolean isAskedFor(Values values) {
    return values
            .find(LoadedModel.ADAPTER)
            .map(AdapterNotes::read)
            .orElse(AdapterNotes.NONE)
            .task()
            .isPresent()
        || TaskOptions.of(values).kind() != TaskOptions.Kind.GENERATE;
  }

  /**
   * Opens what the settings of {@link LoadedModel#SECTION} name, for the task that its adapter was
   * trained for; without an adapter, or with another program's, for that of {@link
   * TaskOptions#SECTION}.
   */
  static ScoringModel open(Values values, Optional<Integer> maxLength) {
    Path modelDir = values.get(LoadedModel.MODEL);
    Optional<Path> adapterDir = values.find(LoadedModel.ADAPTER);
    AdapterNotes notes = adapterDir.map(AdapterNotes::read).orElse(AdapterNotes.NONE);
    TaskOptions asked = TaskOptions.of(values);
    Task.Scored task = notes.task().orElseGet(() -> asked(asked, modelDir));
    Backend backend = BackendOptions.of(values).open(Purpose.PUBLIC);
    LanguageModel model = null;
    LoraAdapters lora = null;
    try {
      Precision precision =
          values.find(BackendOptions.PRECISION).orElseGet(() -> Precision.defaultOf(backend));
      model =
          LanguageModel.load(
              backend, modelDir, precision, task.head(notes.pooling().or(asked::pooling)));
      lora = adapterDir.isEmpty() ? null : LoraAdapters.load(model, adapterDir.get());
      int positions = model.config().maxPositions();
      int length = maxLength.orElse(Math.min(DEFAULT_LENGTH, positions));
      if (length > positions) {
        throw new InputException(
            "--max-length " + length + " exceeds the model's " + positions + " positions");
      }
      Tokenizer tokenizer = Tokenizer.open(modelDir, model.config().vocabularySize());
      return new ScoringModel(backend, model, lora, tokenizer, task, length);
    } catch (RuntimeException e) {
      closeAll(lora, model, backend);
      throw e;
    }
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
    return new LabelledSequences(task, tokenizer, maxLength);
  }

  /** The logits of each sequence, in order. */
  List<float[]> scores(List<Block> blocks) {
    try (TransformerPass pass =
        new TransformerPass(model, lora, SequenceScores.capacity(maxLength))) {
      return SequenceScores.of(pass, blocks);
    }
  }

  private static void closeAll(LoraAdapters lora, LanguageModel model, Backend backend) {
    if (lora != null) {
      lora.close();
    }
    if (model != null) {
      model.close();
    }
    backend.close();
  }

  @Override
  public void close() {
    tokenizer.close();
    closeAll(lora, model, backend);
  }
}
