package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Pooling;
import dev.sotto.compute.Purpose;
import dev.sotto.model.Architecture;
import dev.sotto.model.Architectures;
import dev.sotto.model.ClassifierOptions;
import dev.sotto.model.InitialA;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.LoraOptions;
import dev.sotto.model.Precision;
import dev.sotto.model.TransformerPass;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import dev.sotto.trainer.StepRehearsal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What a private step would cost on this machine, measured on made-up records before there are any
 * others.
 *
 * @param backend what computed
 * @param parameters d of the adapter, and of a head where the model is an encoder
 * @param length tokens of each made-up record
 * @param secondsAUnit of one record's share of a step
 */
public record StepCost(String backend, long parameters, int length, double secondsAUnit) {
  /** The model; without it nothing is measured. */
  public static final Setting<Path> MODEL =
      Setting.path(
          "model",
          "PATH",
          "model to time a step of, for ten seconds on made-up records of --max-length");

  /** What a step is measured with. */
  public static final Section SECTION =
      Section.of(
          "Time",
          MODEL,
          BackendOptions.PRECISION,
          FinetuneOptions.RANK,
          FinetuneOptions.TARGET_MODULES,
          DataOptions.MAX_LENGTH,
          TrainingOptions.MICRO_BATCH_TOKENS);

  private static final Duration LEAST = Duration.ofSeconds(10);

  /**
   * Measures.
   *
   * @param values of {@link #SECTION} and {@link BackendOptions}
   * @param privacy whose clipping is measured too
   * @throws InputException if the model cannot be read, or has too few positions
   */
  public static StepCost of(Values values, Privacy privacy) {
    Path path = values.get(MODEL);
    ModelConfigFile file = ModelConfigFile.open(path);
    Architecture architecture = Architectures.of(file);
    int positions = architecture.read(file).maxPositions();
    int length =
        values.has(DataOptions.MAX_LENGTH)
            ? values.get(DataOptions.MAX_LENGTH)
            : DataOptions.defaultLength(positions);
    DataOptions.requirePositions(length, positions);
    LoraOptions options =
        new LoraOptions(
            values.get(FinetuneOptions.RANK),
            values.get(FinetuneOptions.ALPHA),
            values.get(FinetuneOptions.TARGET_MODULES));
    try (Backend backend = BackendOptions.of(values).open(Purpose.PRIVATE)) {
      Precision precision =
          values.find(BackendOptions.PRECISION).orElseGet(() -> Precision.defaultOf(backend));
      try (LanguageModel model = load(backend, path, precision, architecture);
          LoraAdapters lora = LoraAdapters.create(model, options, 0, InitialA.UNIFORM);
          TransformerPass pass =
              new TransformerPass(
                  model,
                  lora,
                  PreparedRun.passCapacity(
                      lora, length, values.get(TrainingOptions.MICRO_BATCH_TOKENS)))) {
        Clipping clipping = privacy.clipping(lora.layout().size());
        return new StepCost(
            backend.describe(),
            lora.layout().parameters(),
            length,
            StepRehearsal.secondsAUnit(pass, lora, Optional.of(clipping), LEAST));
      }
    }
  }

  private static LanguageModel load(
      Backend backend, Path path, Precision precision, Architecture architecture) {
    return architecture.writes()
        ? LanguageModel.load(backend, path, precision)
        : LanguageModel.load(
            backend, path, precision, ClassifierOptions.classes(2).pooled(Pooling.MEAN));
  }

  /** Of {@code steps} of {@code units} expected units each, every one a record of full length. */
  public double seconds(double units, long steps) {
    return secondsAUnit * units * steps;
  }
}
