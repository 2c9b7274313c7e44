package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.compute.Purpose;
import dev.sotto.data.Block;
import dev.sotto.data.DataColumns;
import dev.sotto.data.Documents;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.RecordOptions;
import dev.sotto.data.TextRecord;
import dev.sotto.model.Evaluation;
import dev.sotto.plan.ChatOptions;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.TaskOptions;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import dev.sotto.trainer.UnitMeasure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code sotto evaluate}: perplexity of a model on a file, or the quality of what it writes. */
final class EvaluateCommand implements Command {
  private static final int DEFAULT_LENGTH = 1024;

  private static final Setting<Path> DATA =
      Setting.path("data", "FILE", "CSV, TSV, JSONL, JSON or text, also with .gz");
  private static final Setting<Integer> MAX_LENGTH =
      Setting.count(
          "max-length",
          "N",
          2,
          "longest document in tokens; default: the model's positions, at most " + DEFAULT_LENGTH);

  @Override
  public String name() {
    return "evaluate";
  }

  @Override
  public String summary() {
    return "measure the perplexity of a model, with or without an adapter";
  }

  @Override
  public String usage() {
    return "--model DIR [--adapter DIR] --data FILE [options]";
  }

  @Override
  public String description() {
    return """
    Each record is one document, scored as it would be learned: after what the model's tokenizer
    puts before a text, with its end token behind it (--begin, --end), cut off at --max-length
    tokens. Of conversations (--record-layout) the assistant's turns are scored. The result is exact, so measure on public text only: the
    perplexity of private records is itself private. With --private-epsilon the mean over privacy
    units of their nats per token, each cut off at --loss-bound, is released under noise instead,
    and nothing exact is shown. What it costs is charged to a new --ledger before the noise is
    drawn; its epsilon adds to that of all else released about these records.
    With labels the exact figures are accuracy, F1 and Matthews' correlation of a classification,
    Pearson's and Spearman's of a regression; the one that --private-epsilon releases is the
    accuracy, or the mean squared error, with a 95% interval that the noise is part of.
    With --generate each prompt is continued instead, and held against the completions of all
    records that have this prompt: BLEU (sacreBLEU's, 13a), ROUGE-L (rouge-score's, best
    reference), chrF (sacreBLEU's) and NIST (NLTK's, texts of five tokens or more). Public records
    alone: no epsilon covers these.
    --json gives nats_per_token, perplexity, tokens, records; with --generate bleu,
    brevity_penalty, rouge_l, chrf, nist, prompts, references; with --private-epsilon
    private_nats_per_token (with labels private_accuracy or private_squared_error, and the same
    with _low and _high), epsilon, delta, loss_bound, noise, noise_mean_absolute, privacy_unit,
    units, ledger.\
    """;
  }

  @Override
  public List<Section> settings() {
    List<Setting<?>> data = new ArrayList<>(List.of(DATA));
    data.addAll(DataOptions.READING.settings());
    data.add(MAX_LENGTH);
    return List.of(
        LoadedModel.SECTION,
        new Section("Data", data),
        ChatOptions.SECTION,
        TaskOptions.SECTION,
        DataOptions.FRAME,
        GenerationQuality.SECTION,
        PrivateMeasurement.SECTION);
  }

  @Override
  public List<String> examples() {
    return List.of(
        "evaluate --model llama-1b --adapter run1 --data public-test.csv --text-column note",
        "evaluate --model smollm2 --adapter run1 --data public.jsonl --record-layout messages",
        "evaluate --model minilm-l6 --adapter run1 --data dev.tsv --text-column sentence"
            + " --label-column label",
        "evaluate --model llama-1b --data test.csv --prompt-column mr --completion-column ref"
            + " --generate --beams 10",
        "evaluate --model llama-1b --adapter run1 --data held-out.csv --privacy-unit patient"
            + " --private-epsilon 0.5 --ledger evaluation.jsonl",
        "evaluate --model minilm-l6 --adapter run1 --data held-out.csv --label-column label"
            + " --private-epsilon 0.5 --ledger evaluation.jsonl");
  }

  @Override
  public void run(Values given, Console console) {
    Values values = TaskOptions.resolve(given, DATA, "dev");
    if (ScoringModel.isAskedFor(values)) {
      for (Setting<?> setting :
          List.of(GenerationQuality.GENERATE, PrivateMeasurement.LOSS_BOUND)) {
        if (values.has(setting)) {
          throw new InputException(
              values.named(setting) + " is for text, and this model tells labels; leave it out");
        }
      }
      LabelEvaluation.run(values, values.get(DATA), values.find(MAX_LENGTH), console);
      return;
    }
    GenerationQuality.check(values, PrivateMeasurement.PRIVATE_EPSILON, List.of(MAX_LENGTH));
    boolean privately = PrivateMeasurement.check(values);
    Path data = values.get(DATA);
    DataColumns columns = PrivateMeasurement.columns(values);
    Purpose purpose = privately ? Purpose.PRIVATE : Purpose.PUBLIC;
    try (LoadedModel loaded = LoadedModel.open(values, purpose)) {
      int length = length(values, loaded.model().config().maxPositions());
      RecordOptions reading = DataOptions.reading(values);
      DataWords.sayCut(console, data, reading);
      List<TextRecord> records = RecordFiles.read(data, columns, reading);
      if (values.has(GenerationQuality.GENERATE)) {
        GenerationQuality.print(values, loaded, records, console);
        return;
      }
      Documents documents = loaded.documents(values, records, length);
      List<Block> blocks = documents.blocks();
      if (privately) {
        double largest = Math.log(loaded.model().config().vocabularySize());
        double bound = values.find(PrivateMeasurement.LOSS_BOUND).orElse(largest);
        PrivateMeasurement.release(
            values,
            loaded,
            documents.units(records),
            new UnitMeasure.NatsPerToken(length, bound),
            console);
        return;
      }
      Evaluation evaluation = Evaluation.of(loaded.model(), loaded.lora(), blocks, length);
      if (evaluation.tokens() == 0) {
        throw new InputException(
            data
                + ": holds no token to predict within "
                + length
                + " tokens a record; give other data or a greater --max-length");
      }
      if (documents.cutOff() + documents.withoutTargets() > 0) {
        console.note(
            "data      "
                + Figures.count(records.size(), "record")
                + DataWords.lost(documents.cutOff(), documents.withoutTargets(), length));
      }
      print(evaluation, console);
    }
  }

  private static int length(Values values, int positions) {
    int length = values.find(MAX_LENGTH).orElse(Math.min(positions, DEFAULT_LENGTH));
    DataOptions.requirePositions(length, positions);
    return length;
  }

  private static void print(Evaluation evaluation, Console console) {
    Report report = new Report();
    report.row("perplexity", Fact.number("perplexity", evaluation.perplexity()));
    report.row("nats per token", Fact.number("nats_per_token", evaluation.natsPerToken()));
    report.row("tokens", Fact.count("tokens", evaluation.tokens()));
    report.row("records", Fact.count("records", evaluation.records()));
    console.print(report);
  }
}
