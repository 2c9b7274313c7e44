package dev.sotto.cli;

import dev.sotto.base.AtomicFile;
import dev.sotto.base.FileFailure;
import dev.sotto.base.Json;
import dev.sotto.compute.Purpose;
import dev.sotto.data.DataColumns;
import dev.sotto.data.RecordFiles;
import dev.sotto.model.SequenceScores;
import dev.sotto.model.TransformerPass;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.TaskOptions;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import dev.sotto.task.LabelledSequences;
import dev.sotto.task.Task;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code sotto predict}: the labels of a file's texts. */
final class PredictCommand implements Command {
  private static final Setting<Path> DATA =
      Setting.path("data", "FILE", "texts: CSV, TSV, JSONL, JSON or text, also with .gz");
  private static final Setting<Path> OUTPUT =
      Setting.path("output", "FILE", "new .jsonl file: a line a record, in order");
  private static final Setting<Integer> MAX_LENGTH =
      Setting.count("max-length", "N", 2, "tokens of a text at most; default: 256");

  @Override
  public String name() {
    return "predict";
  }

  @Override
  public String summary() {
    return "tell the labels of texts by a model that was trained to";
  }

  @Override
  public String usage() {
    return "--model DIR [--adapter DIR] --data FILE --output FILE [options]";
  }

  @Override
  public String description() {
    return """
    Each record gives one line: {"label": "positive", "probabilities": {"negative": 0.1, ...}} of a
    classification, {"score": 3.2} of a regression. The file is read once, record after record, in
    memory that does not grow with it; on an error nothing is written. What an adapter was trained for stands in its
    sotto.json; a model with a head of its own needs no adapter (--task classify).
    --json gives records, output.\
    """;
  }

  @Override
  public List<Section> settings() {
    List<Setting<?>> data = new ArrayList<>(List.of(DATA));
    data.addAll(DataOptions.READING.settings());
    data.add(DataOptions.TEXT_PAIR_COLUMN);
    data.add(MAX_LENGTH);
    data.add(OUTPUT);
    return List.of(
        LoadedModel.SECTION,
        new Section("Data", data),
        Section.of(
            "Task",
            TaskOptions.TASK,
            TaskOptions.LABELS,
            TaskOptions.LABEL_RANGE,
            TaskOptions.POOLING));
  }

  @Override
  public List<String> examples() {
    return List.of(
        "predict --model minilm-l6 --adapter run1 --data reviews.csv --text-column review --output"
            + " labels.jsonl",
        "predict --model minilm-l6 --adapter run1 --data lines.txt --output labels.jsonl");
  }

  @Override
  public void run(Values values, Console console) {
    Path output = DiabetesSynthesis.newFile(values, OUTPUT, ".jsonl");
    DataColumns columns = DataOptions.columns(values);
    Path data = values.get(DATA);
    try (ScoringModel scoring = ScoringModel.open(values, Purpose.PUBLIC, values.find(MAX_LENGTH));
        TransformerPass pass = scoring.pass();
        PredictBar bar = new PredictBar(console)) {
      DataWords.sayLength(console, scoring.maxLength(), DataOptions.lengthFrom(values));
      LabelledSequences sequences = scoring.sequences();
      AtomicFile.write(
          output,
          channel -> {
            Writer lines = new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8));
            SequenceScores scores =
                new SequenceScores(
                    pass,
                    logits -> {
                      write(line(scoring.task(), logits), lines, output);
                      bar.step();
                    });
            RecordFiles.forEach(
                data,
                columns,
                DataOptions.reading(values),
                text -> scores.add(sequences.unlabelled(text)));
            scores.flush();
            lines.flush();
          });
      Report report = new Report();
      report.row("records", Fact.count("records", bar.records()));
      report.row("output", Fact.of("output", output));
      console.print(report);
    }
  }

  /** Here, where the reader of the records cannot take the failure for its own. */
  private static void write(String line, Writer lines, Path output) {
    try {
      lines.write(line);
      lines.write('\n');
    } catch (IOException e) {
      throw FileFailure.cannotBeWritten(output, e);
    }
  }

  private static String line(Task.Scored task, float[] logits) {
    var line = Json.object();
    if (task instanceof Task.Classify classify) {
      List<String> names = classify.labels().names();
      line.put("label", names.get(Task.Classify.largest(logits)));
      var probabilities = line.putObject("probabilities");
      double largest = logits[Task.Classify.largest(logits)];
      double total = 0;
      for (float logit : logits) {
        total += Math.exp(logit - largest);
      }
      for (int k = 0; k < logits.length; k++) {
        double p = Math.exp(logits[k] - largest) / total;
        probabilities.put(names.get(k), Math.round(p * 1e6) / 1e6);
      }
    } else {
      line.put("score", logits[0]);
    }
    return line.toString();
  }
}
