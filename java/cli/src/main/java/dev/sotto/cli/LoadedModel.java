package dev.sotto.cli;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Purpose;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.Precision;
import dev.sotto.tokenizer.Tokenizer;
import java.nio.file.Path;

/**
 * A model ready to evaluate or generate.
 *
 * @param backend holds the weights
 * @param model the base
 * @param lora its adapter, or null
 * @param tokenizer text to ids
 */
record LoadedModel(Backend backend, LanguageModel model, LoraAdapters lora, Tokenizer tokenizer)
    implements AutoCloseable {

  /** Adds {@code --model}, {@code --adapter} and {@code --precision} to the current section. */
  static OptionTable addTo(OptionTable table) {
    table
        .value("model", "DIR", "HuggingFace model directory")
        .value("adapter", "DIR", "PEFT adapter to put on it");
    return BackendArguments.addPrecision(table);
  }

  /** Opens what the options of {@link #addTo} name. */
  static LoadedModel open(Arguments arguments, Purpose purpose) {
    Path modelDir = arguments.path("model");
    Path adapterDir = arguments.pathOr("adapter", null);
    Precision precision = BackendArguments.precision(arguments);
    return open(BackendArguments.open(arguments, purpose), modelDir, adapterDir, precision);
  }

  /** Opens a model on a backend, which is closed with it; precision null: the backend's default. */
  static LoadedModel open(Backend backend, Path modelDir, Path adapterDir, Precision precision) {
    LanguageModel model = null;
    LoraAdapters lora = null;
    try {
      model =
          LanguageModel.load(
              backend, modelDir, precision != null ? precision : Precision.defaultOf(backend));
      lora = adapterDir == null ? null : LoraAdapters.load(model, adapterDir);
      Tokenizer tokenizer = Tokenizer.open(modelDir, model.config().vocabularySize());
      return new LoadedModel(backend, model, lora, tokenizer);
    } catch (RuntimeException e) {
      closeAll(lora, model, backend);
      throw e;
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
