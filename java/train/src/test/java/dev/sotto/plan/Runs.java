package dev.sotto.plan;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.LoraPair;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.data.DataColumns;
import dev.sotto.data.RecordOptions;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.model.LoraOptions;
import dev.sotto.model.Precision;
import dev.sotto.noise.LmoNoise;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Settings of a small run from files to files, changed one at a time. */
final class Runs {
  static final int RECORDS = 40;

  /** Published parameters of the paper's code for its ε = 2. */
  static final LmoNoise LAW =
      new LmoNoise(
          new LmoNoise.Gamma(0.1, 2, 1),
          new LmoNoise.Exponential(0.1, 5),
          new LmoNoise.Uniform(0.2, 7, 8),
          LmoNoise.TruncatedNormal.none());

  Path model;
  Path train;
  Path output;
  Path validation;
  double validationFraction;
  DataColumns columns = DataColumns.text("text");
  RecordOptions reading = RecordOptions.DEFAULT;
  int maxLength = 12;
  double batchSize = 8;
  long steps = 6;
  double learningRate = 0.01;
  int checkpointEvery = 2;
  String backend = "cpu";
  int threads = 1;
  Precision precision;
  Long testSeed;
  boolean resume;
  boolean unsafe;
  Privacy privacy = Privacy.epsilon(8).with(Privacy.DELTA, 1e-5).with(Privacy.ACCOUNTANT, "rdp");
  Values control = Values.NONE;
  Path book;
  LoraOptions lora = new LoraOptions(2, 4, List.of());
  Path adapter;
  boolean freezeA;

  /** A fresh model and corpus under {@code dir}. */
  static Runs in(Path dir) {
    Runs runs = new Runs();
    try (Backend backend = Backends.open("cpu", 1)) {
      runs.model = TinyModel.directory(backend, dir.resolve("model"), false);
    }
    runs.train = TinyModel.records(dir.resolve("train.csv"), RECORDS);
    runs.output = dir.resolve("out");
    return runs;
  }

  static Privacy privacy(NoiseChoice noise, boolean perAdapter) {
    return Privacy.epsilon(8)
        .with(Privacy.DELTA, 1e-5)
        .with(Privacy.ACCOUNTANT, "rdp")
        .with(
            Privacy.CLIPPING,
            perAdapter ? Privacy.ClippingKind.PER_ADAPTER : Privacy.ClippingKind.FLAT)
        .with(Privacy.NOISE_ALLOCATION, NoiseAllocation.MINIMUM_VARIANCE)
        .withNoise(noise);
  }

  static Values control(String name, int interval) {
    return Values.NONE
        .with(ControlOptions.CONTROLLER, name)
        .with(ControlOptions.CONTROL_INTERVAL, interval);
  }

  FinetuneOptions options() {
    FinetuneOptions.Builder builder =
        FinetuneOptions.builder(model, train)
            .output(output)
            .set(DataOptions.VALIDATION, Optional.ofNullable(validation))
            .set(DataOptions.TEXT_SPLIT, reading.textSplit())
            .set(DataOptions.SHOW_VALUES, reading.showValues())
            .set(DataOptions.PRIVACY_UNIT, Optional.ofNullable(columns.unit()))
            .set(DataOptions.MAX_LENGTH, maxLength)
            .set(DataOptions.MAX_BLOCKS_PER_UNIT, 4)
            .set(TuneOptions.FREEZE_A, freezeA)
            .set(Privacy.BUDGET_BOOK, Optional.ofNullable(book))
            .set(TrainingOptions.BATCH_SIZE, batchSize)
            .set(TrainingOptions.STEPS, steps)
            .set(TrainingOptions.LEARNING_RATE, learningRate)
            .set(TrainingOptions.DECAY, LearningRate.Decay.CONSTANT)
            .set(TrainingOptions.MICRO_BATCH_TOKENS, 256)
            .set(TrainingOptions.CHECKPOINT_EVERY, checkpointEvery)
            .set(TrainingOptions.SEED, 3L)
            .set(BackendOptions.BACKEND, backend)
            .set(BackendOptions.THREADS, threads)
            .set(BackendOptions.PRECISION, Optional.ofNullable(precision))
            .set(FinetuneOptions.INSECURE_TEST_SEED, Optional.ofNullable(testSeed))
            .set(FinetuneOptions.RESUME, resume)
            .set(FinetuneOptions.UNSAFE_DIAGNOSTICS, unsafe)
            .setAll(control);
    if (adapter == null) {
      builder
          .set(FinetuneOptions.RANK, lora.rank())
          .set(FinetuneOptions.ALPHA, lora.alpha())
          .set(FinetuneOptions.TARGET_MODULES, lora.targetModules());
    } else {
      builder.set(FinetuneOptions.ADAPTER, adapter);
    }
    if (validationFraction > 0) {
      builder.set(DataOptions.VALIDATION_FRACTION, validationFraction);
    }
    if (columns.prompt() != null) {
      builder
          .set(DataOptions.PROMPT_COLUMN, columns.prompt())
          .set(DataOptions.COMPLETION_COLUMN, columns.text());
    }
    if (privacy == null) {
      return builder.withoutPrivacy().build();
    }
    // A filter's account is the only one that holds of noise that is chosen.
    return builder
        .privacy(
            control.get(ControlOptions.ADAPT_NOISE)
                ? Privacy.of(privacy.values().without(List.of(Privacy.ACCOUNTANT)))
                : privacy)
        .build();
  }

  FinetuneResult run() {
    return run(FinetuneProgress.SILENT);
  }

  FinetuneResult run(FinetuneProgress progress) {
    return new FinetuneRun(options(), progress).execute();
  }

  /** The trained values; the file also names the run, which is another every time. */
  float[] weights() {
    float[] values = new float[0];
    for (LoraPair pair : AdapterFiles.readPairs(output.resolve(LedgerContents.ADAPTER))) {
      int from = values.length;
      values = Arrays.copyOf(values, from + pair.a().length + pair.b().length);
      System.arraycopy(pair.a(), 0, values, from, pair.a().length);
      System.arraycopy(pair.b(), 0, values, from + pair.a().length, pair.b().length);
    }
    return values;
  }
}
