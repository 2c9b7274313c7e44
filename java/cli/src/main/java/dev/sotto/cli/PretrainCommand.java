package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.plan.PretrainOptions;
import dev.sotto.plan.PretrainRun;
import dev.sotto.settings.ConfigFile;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
