package dev.sotto.plan;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.checkpoint.LoraPair;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.data.DataColumns;
import dev.sotto.data.RecordOptions;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.model.LoraOptions;
import dev.sotto.model.Precision;
import dev.sotto.noise.LmoNoise;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.OptimizerOptions;
import dev.sotto.trainer.TinyModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

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
  PrivacyOptions privacy = new PrivacyOptions(8, 1e-5, "rdp", false, 1.0, NoiseAllocation.UNIFORM);
  ControlOptions control;
  Path book;
  LoraOptions lora = new LoraOptions(2, 4, List.of());

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

  static PrivacyOptions privacy(NoiseChoice noise, boolean perAdapter) {
    return new PrivacyOptions(
        8, 1e-5, "rdp", perAdapter, 1.0, NoiseAllocation.MINIMUM_VARIANCE, noise);
  }

  FinetuneOptions options() {
    return new FinetuneOptions(
        model,
        null,
        output,
        new DataOptions(
            train, validation, validationFraction, columns, reading, "\n", maxLength, 4, 0),
        lora,
        privacy,
        control,
        book,
        new TrainingOptions(
            batchSize,
            0,
            steps,
            0,
            new OptimizerOptions(OptimizerOptions.Kind.ADAMW, 0, 0),
            learningRate,
            0,
            LearningRate.Decay.CONSTANT,
            256,
            checkpointEvery),
        backend,
        threads,
        precision,
        3,
        testSeed,
        resume,
        unsafe);
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
