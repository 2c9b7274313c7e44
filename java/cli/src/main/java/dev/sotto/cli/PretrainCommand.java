package dev.sotto.cli;

import dev.sotto.plan.PretrainOptions;
import dev.sotto.plan.PretrainRun;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;
import dev.sotto.settings.ConfigFile;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.List;

/** {@code sotto pretrain}: a base model from public text. */
final class PretrainCommand implements Command {
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
    return "--model-config FILE --train FILE --output DIR [--tokenizer DIR] [options]";
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
  public List<Section> settings() {
    return PretrainOptions.TABLE;
  }

  /** The file that was {@code --config} here before there were files of settings is still taken. */
  @Override
  public Values readConfig(Path file, List<Setting<?>> table) {
    return ConfigFile.object(file, "name another with --config").has("model_type")
        ? Values.NONE.with(PretrainOptions.MODEL_CONFIG, file)
        : ConfigFile.read(file, table);
  }

  @Override
  public List<String> examples() {
    return List.of(
        "pretrain --model-config config.json --train stories.txt --epochs 2 --output base");
  }

  @Override
  public void run(Values values, Console console) {
    PretrainOptions options = PretrainOptions.of(values);
    console.note(
        "NO PRIVACY: pretrain is for public text; what it reads may come out of the model again");
    DataWords.sayCut(console, options.train(), options.reading());
    PretrainRun.Result result = new PretrainRun(options, new PretrainLines(console)).execute();
    Path model = options.output();
    Report report = new Report();
    report.row("model", Fact.of("model", model));
    report.row("parameters", Fact.count("parameters", result.parameters()));
    report.row("vocabulary", Fact.count("vocabulary_size", result.vocabularySize()));
    report.row("steps", Fact.count("steps", result.steps()));
    report.row("loss", "{} nats per token at the end", Fact.number("loss", result.loss()));
    report.row("try", "sotto generate --model {}", Fact.said(model));
    console.print(report);
  }
}
