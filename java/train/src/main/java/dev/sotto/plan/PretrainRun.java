package dev.sotto.plan;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.DurableDirectory;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.Purpose;
import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.CorpusOptions;
import dev.sotto.data.Frame;
import dev.sotto.data.Framing;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.TextRecord;
import dev.sotto.model.Architectures;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.TransformerConfig;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.tokenizer.Tokenizer;
import dev.sotto.tokenizer.VocabularyBuilder;
import dev.sotto.trainer.Outcome;
import dev.sotto.trainer.Pretrainer;
import dev.sotto.trainer.StepLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

/**
 * One pretraining run from files to a model directory. All is written to a hidden sibling of the
 * output, which takes the output's name when it is complete: a failure leaves nothing behind that
 * looks like a model.
 */
public final class PretrainRun {
  private static final List<String> TOKENIZER_FILES =
      List.of("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json");
  private static final double WARMUP_SHARE = 0.05;

  /**
   * What came of it.
   *
   * @param steps steps made
   * @param loss running mean at the end, nats per token
   * @param vocabularySize of the model
   * @param parameters of the model
   */
  public record Result(long steps, double loss, int vocabularySize, long parameters) {}

  private final PretrainOptions options;
  private final PretrainProgress progress;

  /** Prepares a run; nothing is read yet. */
  public PretrainRun(PretrainOptions options, PretrainProgress progress) {
    this.options = options;
    this.progress = progress;
  }

  /**
   * Runs to the end.
   *
   * @throws InputException if a file is wrong
   * @throws InputException if a setting is
   */
  public Result execute() {
    FreshDirectory.require(options.output(), "choose another with --output");
    ModelConfigFile file = ModelConfigFile.read(options.config());
    TransformerConfig config = Architectures.of(file).read(file);
    int maxLength = maxLength(config);
    List<TextRecord> records =
        RecordFiles.read(options.train(), options.columns(), options.reading());
    Path name = options.output().toAbsolutePath().normalize();
    Path staging = name.resolveSibling("." + name.getFileName() + ".partial");
    try {
      delete(staging);
      Files.createDirectories(staging);
      int vocabulary = tokenizer(staging, config, records);
      Result result;
      try (Tokenizer tokenizer = Tokenizer.open(staging, vocabulary)) {
        writeConfig(staging, vocabulary, tokenizer);
        result = train(staging, tokenizer, records, maxLength, vocabulary);
      }
      Files.deleteIfExists(name);
      Files.move(staging, name);
      DurableDirectory.force(name.getParent());
      return result;
    } catch (IOException e) {
      throw FileFailure.cannotBeWritten(options.output(), e);
    } finally {
      delete(staging);
    }
  }

  private int maxLength(TransformerConfig config) {
    int positions = config.maxPositions();
    DataOptions.requirePositions(options.maxLength(), positions);
    return options.maxLength() > 0 ? options.maxLength() : DataOptions.defaultLength(positions);
  }

  /**
   * Puts the tokenizer's files into the directory; returns the rows that the embedding must have.
   */
  private int tokenizer(Path staging, TransformerConfig config, List<TextRecord> records)
      throws IOException {
    if (options.tokenizer() == null) {
      List<String> texts =
          records.stream()
              .flatMap(r -> Stream.of(r.prompt() == null ? "" : r.prompt(), r.text()))
              .toList();
      return VocabularyBuilder.write(staging, texts, options.vocabularySize());
    }
    Path directory =
        Files.isDirectory(options.tokenizer())
            ? options.tokenizer()
            : options.tokenizer().toAbsolutePath().getParent();
    if (!Files.exists(directory.resolve(TOKENIZER_FILES.get(0)))) {
      throw new InputException(
          options.tokenizer()
              + ": there is no "
              + TOKENIZER_FILES.get(0)
              + "; name a directory that holds one");
    }
    for (String name : TOKENIZER_FILES) {
      if (Files.exists(directory.resolve(name))) {
        Files.copy(directory.resolve(name), staging.resolve(name));
      }
    }
    return config.vocabularySize();
  }

  /** The configuration as it really is, for every later reader. */
  private void writeConfig(Path staging, int vocabulary, Tokenizer tokenizer) throws IOException {
    ObjectNode effective = (ObjectNode) Json.MAPPER.readTree(Files.readAllBytes(options.config()));
    effective.put("vocab_size", vocabulary);
    put(effective, "bos_token_id", tokenizer.bosId());
    put(effective, "eos_token_id", tokenizer.eosId());
    effective.put(
        "torch_dtype",
        switch (options.dtype()) {
          case F16 -> "float16";
          case BF16 -> "bfloat16";
          default -> "float32";
        });
    AtomicFile.write(staging.resolve("config.json"), Json.file(effective));
  }

  private static void put(ObjectNode config, String field, OptionalInt id) {
    if (id.isPresent()) {
      config.put(field, id.getAsInt());
    }
  }

  private Result train(
      Path staging, Tokenizer tokenizer, List<TextRecord> records, int maxLength, int vocabulary) {
    CorpusOptions cut =
        new CorpusOptions(
            maxLength,
            Frame.of(Framing.OF_THE_TOKENIZER, tokenizer),
            options.separator(),
            Integer.MAX_VALUE);
    List<PrivacyUnit> units = Corpus.tokenize(records, tokenizer, cut).units();
    List<Block> blocks = units.stream().flatMap(unit -> unit.blocks().stream()).toList();
    long tokens = blocks.stream().mapToLong(block -> block.ids().length).sum();
    if (tokens == 0) {
      throw new InputException(options.train() + ": holds no text to learn; name other data");
    }
    long empty = units.stream().filter(unit -> unit.targetCount() == 0).count();
    if (empty > 0) {
      progress.nothingToLearn(empty);
    }
    long steps =
        options.steps() > 0
            ? options.steps()
            : Math.max(1, Math.round(options.epochs() * tokens / options.batchTokens()));
    LearningRate rate =
        InputException.ifRefused(
            () ->
                new LearningRate(
                    options.learningRate(),
                    Math.round(WARMUP_SHARE * steps),
                    steps,
                    LearningRate.Decay.COSINE));
    try (Backend backend = Backends.open(options.backend(), options.threads(), Purpose.PUBLIC);
        LanguageModel model =
            LanguageModel.initialise(backend, staging.resolve("config.json"), options.seed());
        Pretrainer trainer =
            new Pretrainer(model, blocks, maxLength, options.batchTokens(), rate, options.seed())) {
      progress.planned(
          backend.describe(), model.parameters(), vocabulary, tokens, steps, options.batchTokens());
      Outcome outcome =
          StepLoop.run(trainer, 0, steps, step -> progress.step(step, steps, trainer.meanLoss()));
      if (outcome instanceof Outcome.Interrupted) {
        Thread.currentThread().interrupt();
        throw new CancellationException("interrupted after step " + outcome.steps());
      }
      model.save(staging, options.dtype());
      return new Result(steps, trainer.meanLoss(), vocabulary, model.parameters());
    }
  }

  /** Deletes a directory of files, if it is there. */
  private static void delete(Path directory) {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path entry : entries.toList()) {
        Files.delete(entry);
      }
      Files.delete(directory);
    } catch (IOException e) {
      throw FileFailure.cannotBeDeleted(directory, e);
    }
  }
}
