package dev.sotto.fuzz;

import dev.sotto.base.PlainFile;
import dev.sotto.budget.BookContents;
import dev.sotto.budget.BudgetBook;
import dev.sotto.chat.ChatForm;
import dev.sotto.chat.ChatTemplate;
import dev.sotto.chat.ChatTokens;
import dev.sotto.checkpoint.AdapterConfig;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.Checkpoint;
import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.checkpoint.TensorView;
import dev.sotto.data.Corpus;
import dev.sotto.data.DataColumns;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.RecordLayout;
import dev.sotto.data.RecordOptions;
import dev.sotto.data.TextRecord;
import dev.sotto.data.TextSplit;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.ledger.MendedChain;
import dev.sotto.model.Architectures;
import dev.sotto.noisefile.NoiseFile;
import dev.sotto.plan.RunFiles;
import dev.sotto.plan.TrajectoryFile;
import dev.sotto.study.StudyConfigFile;
import dev.sotto.task.AdapterNotes;
import dev.sotto.task.LabelRange;
import dev.sotto.task.Labels;
import dev.sotto.tokenizer.Tokenizer;
import dev.sotto.trainer.RestoredState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A reader of files that people bring, and where it looks for them. The inputs of a target lie in
 * {@code src/test/fuzz/NAME}.
 */
public enum FuzzTarget {
  SAFETENSORS("model.safetensors") {
    @Override
    void read(Path dir) {
      try (SafetensorsFile file = SafetensorsFile.open(input(dir))) {
        for (TensorView tensor : file.tensors().values()) {
          if (tensor.dtype().isFloat()) {
            tensor.toFloats();
          }
        }
      }
    }
  },
  WEIGHTS_INDEX("model.safetensors.index.json") {
    @Override
    void read(Path dir) throws IOException {
      beside(dir, "shard.safetensors");
      try (Checkpoint checkpoint = Checkpoint.open(dir)) {
        checkpoint.names().forEach(checkpoint::tensor);
      }
    }
  },
  GGUF("model.gguf") {
    @Override
    void read(Path dir) {
      ModelConfigFile file = ModelConfigFile.open(input(dir));
      Architectures.of(file).read(file);
      try (Checkpoint checkpoint = Checkpoint.open(input(dir))) {
        checkpoint.names().forEach(checkpoint::tensor);
      }
    }
  },
  GGUF_TOKENIZER("model.gguf") {
    @Override
    void read(Path dir) {
      try (Tokenizer tokenizer = Tokenizer.open(input(dir), VOCABULARY)) {
        tokenizer.decode(tokenizer.encode("The ward, \u00e9 and 3\n<s>"));
      }
    }
  },
  CONFIG("config.json") {
    @Override
    void read(Path dir) {
      ModelConfigFile file = ModelConfigFile.open(dir);
      Architectures.of(file).read(file);
    }
  },
  GENERATION_CONFIG("generation_config.json") {
    @Override
    void read(Path dir) throws IOException {
      beside(dir, "tokenizer.json");
      Tokenizer.open(dir, VOCABULARY).close();
    }
  },
  TOKENIZER_CONFIG("tokenizer_config.json") {
    @Override
    void read(Path dir) throws IOException {
      beside(dir, "tokenizer.json");
      Tokenizer.open(dir, VOCABULARY).close();
    }
  },
  TOKENIZER("tokenizer.json") {
    @Override
    void read(Path dir) {
      try (Tokenizer tokenizer = Tokenizer.open(dir, VOCABULARY)) {
        tokenizer.decode(tokenizer.encode("The ward, \u00e9 and 3\n<s>"));
      }
    }
  },
  ADAPTER_CONFIG("adapter_config.json") {
    @Override
    void read(Path dir) {
      AdapterConfig.read(dir);
    }
  },
  ADAPTER_FRAME("sotto.json") {
    @Override
    void read(Path dir) {
      AdapterNotes.read(dir);
    }
  },
  ADAPTER_WEIGHTS("adapter_model.safetensors") {
    @Override
    void read(Path dir) {
      AdapterFiles.readPairs(input(dir));
    }
  },
  CSV("data.csv") {
    @Override
    void read(Path dir) {
      RecordFiles.read(input(dir), COLUMNS);
    }
  },
  TSV("data.tsv") {
    @Override
    void read(Path dir) {
      RecordFiles.read(input(dir), COLUMNS);
    }
  },
  JSONL("data.jsonl") {
    @Override
    void read(Path dir) {
      RecordFiles.read(input(dir), COLUMNS);
    }
  },
  JSON("data.json") {
    @Override
    void read(Path dir) {
      RecordFiles.read(input(dir), DataColumns.text("text"));
    }
  },
  MESSAGES("data.jsonl") {
    @Override
    void read(Path dir) throws IOException {
      conversations(dir, input(dir), RecordLayout.MESSAGES, TEMPLATE);
    }
  },
  SHAREGPT("data.json") {
    @Override
    void read(Path dir) throws IOException {
      conversations(dir, input(dir), RecordLayout.SHAREGPT, TEMPLATE);
    }
  },
  /** One that comes with a model, on sound conversations. */
  CHAT_TEMPLATE("chat_template.jinja") {
    @Override
    void read(Path dir) throws IOException {
      beside(dir, "chats.jsonl");
      conversations(
          dir, dir.resolve("chats.jsonl"), RecordLayout.MESSAGES, PlainFile.text(input(dir)));
    }
  },
  TXT("data.txt") {
    @Override
    void read(Path dir) {
      RecordFiles.read(input(dir), DataColumns.text("text"));
      RecordFiles.read(
          input(dir), DataColumns.text("text"), new RecordOptions(TextSplit.DOCUMENT_MARK, true));
    }
  },
  LABELLED("data.tsv") {
    @Override
    void read(Path dir) {
      List<TextRecord> records =
          RecordFiles.read(
              input(dir), DataColumns.text("text").withPair("pair").withLabel("label"));
      Labels.fromData(input(dir), records).ids(records);
      new LabelRange(0, 5).values(records);
    }
  },
  LABELS("labels.txt") {
    @Override
    void read(Path dir) {
      Labels.given(input(dir).toString());
    }
  },
  LEDGER("ledger.jsonl") {
    @Override
    void read(Path dir) throws IOException {
      MendedChain.writeHead(input(dir), dir.resolve("ledger.head"));
      LedgerReader.read(input(dir));
    }
  },
  /** The same with the chain of hashes mended, so that what stands in the lines is reached. */
  LEDGER_CHAINED("ledger.jsonl") {
    @Override
    void read(Path dir) throws IOException {
      MendedChain.mend(input(dir), dir.resolve("ledger.head"));
      LedgerReader.read(input(dir));
    }
  },
  LEDGER_HEAD("ledger.head") {
    @Override
    void read(Path dir) throws IOException {
      beside(dir, "ledger.jsonl");
      LedgerReader.read(dir.resolve("ledger.jsonl"));
    }
  },
  /** A budget book, mended in the same way. */
  BUDGET_BOOK("notes.book") {
    @Override
    void read(Path dir) throws IOException {
      MendedChain.mend(input(dir), dir.resolve("notes.book.heads").resolve("book"));
      BookContents book = BudgetBook.read(input(dir));
      book.left().words();
      book.counted().words();
    }
  },
  TRAINING_STATE("training_state.safetensors") {
    @Override
    void read(Path dir) {
      RestoredState.from(input(dir));
    }
  },
  CONTROLLER_STATE("controller_state-5.json") {
    @Override
    void read(Path dir) {
      RunFiles.restoreController(input(dir));
    }
  },
  SETTINGS("settings.json") {
    @Override
    void read(Path dir) {
      RunFiles.requireSameSettings(dir);
    }
  },
  TRAJECTORY("trajectory.jsonl") {
    @Override
    void read(Path dir) {
      TrajectoryFile.read(input(dir));
    }
  },
  NOISE("noise.json") {
    @Override
    void read(Path dir) {
      NoiseFile.read(input(dir));
    }
  },
  STUDY("study.json") {
    @Override
    void read(Path dir) {
      StudyConfigFile.read(input(dir));
    }
  };

  private static final DataColumns COLUMNS = DataColumns.text("text").withUnit("unit");
  private static final int VOCABULARY = 64;

  private static final String TEMPLATE =
      "{% for m in messages %}{{ m.role + m.content }}{{ m | tojson }}{% endfor %}{{ tools }}";

  private final String fileName;

  FuzzTarget(String fileName) {
    this.fileName = fileName;
  }

  /** Reads what lies in a directory. A failure that is not an InputException is a finding. */
  abstract void read(Path dir) throws IOException;

  /** The name on the command line and of the folder of inputs. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static FuzzTarget of(String id) {
    return Arrays.stream(values())
        .filter(target -> target.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no target '" + id + "'; there are " + List.of(values())));
  }

  Path input(Path dir) {
    return dir.resolve(fileName);
  }

  /** Reads them, writes each by a template, and marks what is learned. */
  private static void conversations(Path dir, Path file, RecordLayout layout, String source)
      throws IOException {
    beside(dir, "tokenizer.json");
    RecordOptions options = RecordOptions.DEFAULT.withLayout(Optional.of(layout));
    try (Tokenizer tokenizer = Tokenizer.open(dir, VOCABULARY)) {
      ChatForm form = new ChatForm(source, LocalDateTime.of(2026, 7, 26, 9, 5));
      ChatTemplate template = ChatTemplate.of(form, tokenizer);
      List<TextRecord> records = RecordFiles.read(file, COLUMNS, options);
      Corpus.documents(records, new ChatTokens(template, tokenizer, false), new int[0], 64);
    }
  }

  /** Copies a sound file from {@code src/test/fuzz} beside the input, once. */
  private static void beside(Path dir, String name) throws IOException {
    Path sound = dir.resolve(name);
    if (!Files.exists(sound)) {
      Files.copy(FuzzInputs.root().resolve("beside").resolve(name), sound);
    }
  }
}
