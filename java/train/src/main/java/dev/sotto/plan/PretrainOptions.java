package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.DataType;
import dev.sotto.data.DataColumns;
import dev.sotto.data.RecordOptions;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Everything {@link PretrainRun} needs to know. */
public final class PretrainOptions {
  /** What weights are stored in. */
  public enum Weights {
    /** 32 bits. */
    F32,
    /** 16 bits, with the exponent of 32. */
    BF16,
    /** 16 bits. */
    F16
  }

  /** Configuration to start from. */
  public static final Setting<Path> MODEL_CONFIG =
      Setting.path("model-config", "FILE", "config.json of the architecture wanted");

  /** Tokenizer to take. */
  public static final Setting<Path> TOKENIZER =
      Setting.path("tokenizer", "PATH", "directory with tokenizer.json, or the file itself");

  /** Entries of a vocabulary to build. */
  public static final Setting<Integer> VOCABULARY_SIZE =
      Setting.count("vocabulary-size", "N", 1, "most entries of a new vocabulary; default: %s")
          .or(1024)
          .insteadOf(TOKENIZER);

  /** Of the stored weights. */
  public static final Setting<Weights> DTYPE =
      Setting.choice("dtype", "TYPE", Weights.class, "of the stored weights: %s").or(Weights.F32);

  /** Public records. */
  public static final Setting<Path> TRAIN =
      Setting.path("train", "FILE", "public records: CSV, TSV, JSONL, JSON or text, also .gz");

  /** Most tokens of a batch. */
  public static final Setting<Integer> BATCH_TOKENS =
      Setting.count("batch-tokens", "N", 2, "most tokens of a batch; default: %s").or(4096);

  /** Passes over the data. */
  public static final Setting<Double> EPOCHS =
      Setting.number("epochs", "E", Range.EPOCHS, "passes over the data; default: %s").or(3.0);

  /** Peak rate. */
  public static final Setting<Double> LEARNING_RATE =
      Setting.number(
              "learning-rate",
              "R",
              Range.LEARNING_RATE,
              "peak rate, with warm-up and cosine decay; default: %s")
          .or(1e-3);

  /** Of weights and order. */
  public static final Setting<Long> SEED =
      Setting.seed("seed", "of weights and order; default: %s").or(0L);

  /** Directory to make. */
  public static final Setting<Path> OUTPUT =
      Setting.path("output", "DIR", "new or empty directory for the model");

  /** The whole table. */
  public static final List<Section> TABLE =
      List.of(
          Section.of("Model", MODEL_CONFIG, TOKENIZER, VOCABULARY_SIZE, DTYPE),
          new Section("Data", data()),
          Section.of("Training", EPOCHS, TrainingOptions.STEPS, BATCH_TOKENS, LEARNING_RATE, SEED),
          Section.of("Run", OUTPUT));

  private static List<Setting<?>> data() {
    List<Setting<?>> data = new ArrayList<>(List.of(TRAIN));
    data.addAll(DataOptions.READING.settings());
    data.add(DataOptions.MAX_LENGTH);
    return data;
  }

  private final Values values;

  private PretrainOptions(Values values) {
    this.values = values;
  }

  /**
   * Reads the settings.
   *
   * @throws InputException if one is missing, or some exclude each other
   */
  public static PretrainOptions of(Values values) {
    values.refuseAlternatives(Section.flatten(TABLE));
    values.get(MODEL_CONFIG);
    values.get(TRAIN);
    DataOptions.columns(values);
    values.get(OUTPUT);
    return new PretrainOptions(values);
  }

  /** Configuration to start from. */
  public Path config() {
    return values.get(MODEL_CONFIG);
  }

  /** Directory or file, or null to build a vocabulary. */
  public Path tokenizer() {
    return values.find(TOKENIZER).orElse(null);
  }

  /** Most entries of a vocabulary to build. */
  public int vocabularySize() {
    return values.get(VOCABULARY_SIZE);
  }

  /** Public records. */
  public Path train() {
    return values.get(TRAIN);
  }

  /** Where the text is. */
  public DataColumns columns() {
    return DataOptions.columns(values);
  }

  /** What a record of a text file is, and whether messages may quote records. */
  public RecordOptions reading() {
    return DataOptions.reading(values);
  }

  /** Between prompt and completion. */
  public String separator() {
    return DataOptions.separator(values);
  }

  /** Directory to make. */
  public Path output() {
    return values.get(OUTPUT);
  }

  /** Tokens of a block; 0 for the default. */
  public int maxLength() {
    return values.find(DataOptions.MAX_LENGTH).orElse(0);
  }

  /** Number of steps; 0 to take {@link #epochs}. */
  public long steps() {
    return values.find(TrainingOptions.STEPS).orElse(0L);
  }

  /** Passes over the data. */
  public double epochs() {
    return values.get(EPOCHS);
  }

  /** Most tokens of a batch. */
  public int batchTokens() {
    return values.get(BATCH_TOKENS);
  }

  /** Peak rate. */
  public double learningRate() {
    return values.get(LEARNING_RATE);
  }

  /** Of weights and order. */
  public long seed() {
    return values.get(SEED);
  }

  /** Of the stored weights. */
  public DataType dtype() {
    return DataType.valueOf(values.get(DTYPE).name());
  }

  /** Backend name. */
  public String backend() {
    return values.get(BackendOptions.BACKEND);
  }

  /** Worker threads, 0 for all. */
  public int threads() {
    return values.find(BackendOptions.THREADS).orElse(0);
  }
}
