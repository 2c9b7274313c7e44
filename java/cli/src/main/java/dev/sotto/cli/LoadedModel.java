package dev.sotto.cli;

import dev.sotto.chat.ChatForm;
import dev.sotto.chat.ChatTemplate;
import dev.sotto.chat.ChatTokens;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Purpose;
import dev.sotto.data.Corpus;
import dev.sotto.data.Documents;
import dev.sotto.data.Frame;
import dev.sotto.data.Framing;
import dev.sotto.data.RecordTokens;
import dev.sotto.data.TextRecord;
import dev.sotto.model.ClassifierOptions;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.Precision;
import dev.sotto.plan.BackendOptions;
import dev.sotto.plan.ChatOptions;
import dev.sotto.plan.DataOptions;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import dev.sotto.task.AdapterNotes;
import dev.sotto.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A model ready to evaluate, generate or score.
 *
 * @param backend holds the weights
 * @param model the base
 * @param lora its adapter, or null
 * @param tokenizer text to ids
 * @param frame around every text: as chosen by hand, else as the adapter was trained, else as the
 *     tokenizer has it; nothing around conversations
 */
record LoadedModel(
    Backend backend, LanguageModel model, LoraAdapters lora, Tokenizer tokenizer, Frame frame)
    implements AutoCloseable {

  /** By what conversations become text: as chosen by hand, else as the adapter was trained. */
  ChatForm chatForm(Values values) {
    return ChatOptions.form(
        values,
        tokenizer,
        values.find(ADAPTER).flatMap(dir -> AdapterNotes.read(dir).chat()),
        ChatOptions::now);
  }

  /** The same where records are conversations; empty where they are texts. */
  Optional<ChatForm> chatOfRecords(Values values) {
    return ChatOptions.layout(values).map(layout -> chatForm(values));
  }

  /** How a record becomes the sequence that is scored, cut off at a length. */
  Documents documents(Values values, List<TextRecord> records, int length) {
    RecordTokens tokens =
        chatOfRecords(values)
            .map(form -> ChatTemplate.of(form, tokenizer))
            .<RecordTokens>map(
                template ->
                    new ChatTokens(template, tokenizer, values.get(DataOptions.SHOW_VALUES)))
            .orElseGet(() -> RecordTokens.ofText(tokenizer, frame.end(), separator(values)));
    return Corpus.documents(records, tokens, frame.begin(), length);
  }

  /** Between prompt and completion of a record. */
  String separator(Values values) {
    return frame.separator().orElseGet(() -> DataOptions.separator(values));
  }

  static final Setting<Path> MODEL =
      Setting.path("model", "PATH", "HuggingFace model directory, or GGUF file");

  static final Setting<Path> ADAPTER = Setting.path("adapter", "DIR", "PEFT adapter to put on it");

  /** What to open. */
  static final Section SECTION = Section.of("Model", MODEL, ADAPTER, BackendOptions.PRECISION);

  /** Opens what the settings of {@link #SECTION} name, to go on with text. */
  static LoadedModel open(Values values, Purpose purpose) {
    return open(values, purpose, Optional.empty());
  }

  /**
   * Opens what the settings of {@link #SECTION} name, in the backend's default precision unless
   * they say another.
   *
   * @param head that scores sequences; empty for a model that goes on with text
   */
  static LoadedModel open(Values values, Purpose purpose, Optional<ClassifierOptions> head) {
    Path path = values.get(MODEL);
    Optional<Path> adapterDir = values.find(ADAPTER);
    Backend backend = BackendOptions.of(values).open(purpose);
    LanguageModel model = null;
    LoraAdapters lora = null;
    Tokenizer tokenizer = null;
    try {
      Precision precision =
          values.find(BackendOptions.PRECISION).orElseGet(() -> Precision.defaultOf(backend));
      model =
          head.isEmpty()
              ? LanguageModel.load(backend, path, precision)
              : LanguageModel.load(backend, path, precision, head.get());
      lora = adapterDir.isEmpty() ? null : LoraAdapters.load(model, adapterDir.get());
      tokenizer = Tokenizer.open(path, model.config().vocabularySize());
      Framing saved = adapterDir.map(AdapterNotes::read).orElse(AdapterNotes.NONE).framing();
      Frame frame =
          values.has(ChatOptions.RECORD_LAYOUT)
              ? Frame.NONE
              : Frame.of(DataOptions.framing(values).or(saved), tokenizer);
      return new LoadedModel(backend, model, lora, tokenizer, frame);
    } catch (RuntimeException e) {
      if (tokenizer != null) {
        tokenizer.close();
      }
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
