package dev.sotto.cli;

import dev.sotto.checkpoint.DataType;
import dev.sotto.cli.Arguments.Interval;
import dev.sotto.plan.PretrainOptions;
import dev.sotto.plan.PretrainRun;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code sotto pretrain}: a base model from public text. */
final class PretrainCommand implements Command {
  private static final int DEFAULT_VOCABULARY = 1024;
  private static final int DEFAULT_BATCH = 4096;
  private static final double DEFAULT_RATE = 1e-3;
  private static final double DEFAULT_EPOCHS = 3;
  private static final int DEFAULT_LENGTH = 256;
  private static final long MOST_STEPS = 10_000_000;

  private enum Weights {
    F32,
    BF16,
    F16
  }

  @Override
  public String name() {
    return "pretrain";
  }

  @Override
  public String summary() {
    return "train a base model from scratch on PUBLIC text, without privacy";
  }

  @Override
  public String usage() {
    return "--config FILE --train FILE --output DIR [--tokenizer DIR] [options]";
  }

  @Override
  public String description() {
    return """
        No privacy: the model and its vocabulary may repeat what they read. The result is a
        HuggingFace model directory. Without --tokenizer a vocabulary of whole words is built from
        the text, and vocab_size of the configuration is set to its size.
        --json gives model, steps, loss, vocabulary_size, parameters.""";
  }

  @Override
  public OptionTable options() {
    OptionTable table =
        new OptionTable()
            .section("Model")
            .value("config", "FILE", "config.json of the architecture wanted")
            .value("tokenizer", "PATH", "directory with tokenizer.json, or the file itself")
            .value("vocabulary-size", "N", "most entries of a new vocabulary; default: 1024")
            .value("dtype", "TYPE", "of the stored weights: f32 (default), bf16 or f16")
            .section("Data")
            .value("train", "FILE", "public records: CSV, TSV, JSONL, JSON or text, also .gz");
    return DataArguments.addTo(table)
        .value("max-length", "N", "tokens of a block; default: 256, or the model's positions")
        .section("Training")
        .value("epochs", "E", "passes over the data; default: 3")
        .value("steps", "T", "instead: number of steps")
        .value("batch-tokens", "N", "most tokens of a batch; default: 4096")
        .value("learning-rate", "R", "peak rate, with warm-up and cosine decay; default: 1e-3")
        .value("seed", "N", "of weights and order; default: 0")
        .section("Run")
        .value("output", "DIR", "new or empty directory for the model");
  }

  @Override
  public List<String> examples() {
    return List.of("pretrain --config config.json --train stories.txt --epochs 2 --output base");
  }

  @Override
  public void run(Arguments arguments, Console console) {
    arguments.refuseTogether("epochs", "steps");
    arguments.refuseTogether("tokenizer", "vocabulary-size");
    PretrainOptions options =
        new PretrainOptions(
            arguments.path("config"),
            arguments.pathOr("tokenizer", null),
            arguments.intOr("vocabulary-size", DEFAULT_VOCABULARY, 1),
            arguments.path("train"),
            DataArguments.columns(arguments),
            DataArguments.reading(arguments),
            DataArguments.separator(arguments),
            arguments.path("output"),
            arguments.intOr("max-length", 0, 2),
            DEFAULT_LENGTH,
            arguments.wholeOr("steps", 0, 1, MOST_STEPS),
            arguments.numberOr("epochs", DEFAULT_EPOCHS, Interval.POSITIVE),
            arguments.intOr("batch-tokens", DEFAULT_BATCH, 2),
            arguments.numberOr("learning-rate", DEFAULT_RATE, Interval.POSITIVE),
            arguments.seedOr("seed", 0),
            DataType.valueOf(arguments.choiceOr("dtype", Weights.F32).name()),
            BackendArguments.name(arguments),
            BackendArguments.threads(arguments));
    console.note(
        "NO PRIVACY: pretrain is for public text; what it reads may come out of the model again");
    DataArguments.sayCut(console, options.train(), options.reading());
    PretrainRun.Result result = new PretrainRun(options, new PretrainLines(console)).execute();
    Path model = options.output();
    console.line("model        " + model);
    console.line("parameters   " + Figures.count(result.parameters()));
    console.line("vocabulary   " + Figures.count(result.vocabularySize()));
    console.line("steps        " + Figures.count(result.steps()));
    console.line("loss         " + Figures.number(result.loss()) + " nats per token at the end");
    console.line("try          sotto generate --model " + model);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", model.toString());
    fields.put("steps", result.steps());
    fields.put("loss", result.loss());
    fields.put("vocabulary_size", result.vocabularySize());
    fields.put("parameters", result.parameters());
    console.result(fields);
  }
}
