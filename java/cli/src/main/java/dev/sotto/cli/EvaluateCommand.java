package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.compute.Purpose;
import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.DataColumns;
import dev.sotto.data.Documents;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.RecordOptions;
import dev.sotto.data.TextRecord;
import dev.sotto.model.Evaluation;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.PrivateEvaluationRun;
import dev.sotto.plan.TaskOptions;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;
import dev.sotto.search.NoiseCandidate;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import dev.sotto.trainer.PrivateEvaluation;
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
  private static final Setting<Double> PRIVATE_EPSILON =
      Setting.number(
          "private-epsilon",
          "E",
          Range.EPSILON,
          "release the mean loss of private records for this epsilon");
  private static final Setting<Path> LEDGER =
      Setting.path("ledger", "FILE", "new .jsonl file that this release is charged to");
  private static final Setting<Path> BUDGET_BOOK =
      Setting.path("budget-book", "FILE", "budget of the data set that it is charged to as well");
  private static final Setting<String> PRIVACY_UNIT =
      Setting.text(
          "privacy-unit", "NAME", "column whose records count, and are protected, together");
  private static final Setting<Double> PRIVATE_DELTA =
      Setting.number("private-delta", "D", Range.DELTA, "the delta of that release; default: %s")
          .or(1e-6);
  private static final Setting<Double> LOSS_BOUND =
      Setting.number(
          "loss-bound",
          "L",
          Range.LOSS_BOUND,
          "nats per token that one privacy unit counts for at most; default: the log of the"
              + " vocabulary's size");

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
    tokens. The result is exact, so measure on public text only: the
    perplexity of private records is itself private. With --private-epsilon the mean over privacy
    units of their nats per token, each cut off at --loss-bound, is released under noise instead,
    and nothing exact is shown. What it costs is charged to a new --ledger before the noise is
    drawn; its epsilon adds to that of all else released about these records.
    With --generate each prompt is continued instead, and held against the completions of all
    records that have this prompt: BLEU (sacreBLEU's, 13a), ROUGE-L (rouge-score's, best
    reference), chrF (sacreBLEU's) and NIST (NLTK's, texts of five tokens or more). Public records
    alone: no epsilon covers these.
    --json gives nats_per_token, perplexity, tokens, records; with --generate bleu,
    brevity_penalty, rouge_l, chrf, nist, prompts, references; with --private-epsilon
    private_nats_per_token, epsilon, delta, loss_bound, noise, noise_mean_absolute, privacy_unit,
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
        TaskOptions.SECTION,
        DataOptions.FRAME,
        GenerationQuality.SECTION,
        Section.of(
            "Privacy",
            PRIVATE_EPSILON,
            LEDGER,
            BUDGET_BOOK,
            PRIVACY_UNIT,
            PRIVATE_DELTA,
            LOSS_BOUND));
  }

  @Override
  public List<String> examples() {
    return List.of(
        "evaluate --model llama-1b --adapter run1 --data public-test.csv --text-column note",
        "evaluate --model minilm-l6 --adapter run1 --data dev.tsv --text-column sentence"
            + " --label-column label",
        "evaluate --model llama-1b --data test.csv --prompt-column mr --completion-column ref"
            + " --generate --beams 10",
        "evaluate --model llama-1b --adapter run1 --data held-out.csv --privacy-unit patient"
            + " --private-epsilon 0.5 --ledger evaluation.jsonl");
  }

  @Override
  public void run(Values given, Console console) {
    Values values = TaskOptions.resolve(given, DATA, "dev");
    if (ScoringModel.isAskedFor(values)) {
      for (Setting<?> setting : List.of(PRIVATE_EPSILON, GenerationQuality.GENERATE)) {
        if (values.has(setting)) {
          throw new InputException(
              values.named(setting) + " is for text; labels are measured on public records alone");
        }
      }
      LabelEvaluation.run(values, values.get(DATA), values.find(MAX_LENGTH), console);
      return;
    }
    GenerationQuality.check(values, PRIVATE_EPSILON, List.of(MAX_LENGTH));
    checkPrivacy(values);
    Path data = values.get(DATA);
    DataColumns columns =
        DataOptions.columns(values).withUnit(values.find(PRIVACY_UNIT).orElse(null));
    Purpose purpose = values.has(PRIVATE_EPSILON) ? Purpose.PRIVATE : Purpose.PUBLIC;
    try (LoadedModel loaded = LoadedModel.open(values, purpose)) {
      int length = length(values, loaded.model().config().maxPositions());
      RecordOptions reading = DataOptions.reading(values);
      DataWords.sayCut(console, data, reading);
      List<TextRecord> records = RecordFiles.read(data, columns, reading);
      if (values.has(GenerationQuality.GENERATE)) {
        GenerationQuality.print(values, loaded, records, console);
        return;
      }
      Documents documents =
          Corpus.documents(
              records,
              loaded.tokenizer(),
              loaded.frame(),
              length,
              values.get(DataOptions.SEPARATOR));
      List<Block> blocks = documents.blocks();
      if (values.has(PRIVATE_EPSILON)) {
        evaluatePrivately(values, loaded, documents.units(records), length, console);
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

  /** Before the model is loaded and the records are read. */
  private static void checkPrivacy(Values values) {
    if (values.has(PRIVATE_EPSILON)) {
      DiabetesSynthesis.newFile(values, LEDGER, ".jsonl");
      return;
    }
    for (Setting<?> setting :
        List.of(PRIVATE_DELTA, LOSS_BOUND, LEDGER, BUDGET_BOOK, PRIVACY_UNIT)) {
      values.requireWith(setting, PRIVATE_EPSILON);
    }
  }

  private static void evaluatePrivately(
      Values values, LoadedModel loaded, List<PrivacyUnit> units, int length, Console console) {
    double largest = Math.log(loaded.model().config().vocabularySize());
    PrivateEvaluationRun run =
        new PrivateEvaluationRun(
            new PrivateEvaluationRun.Evaluated(
                values.get(LoadedModel.MODEL),
                values.find(LoadedModel.ADAPTER).orElse(null),
                loaded.frame().framing()),
            new PrivateEvaluationRun.Files(
                values.get(LEDGER), values.find(BUDGET_BOOK).orElse(null)),
            new PrivateEvaluationRun.Bounds(length, values.find(LOSS_BOUND).orElse(largest)),
            new PrivateEvaluationRun.Target(
                values.find(PRIVACY_UNIT).orElse(null),
                values.get(PRIVATE_EPSILON),
                values.get(PRIVATE_DELTA)));
    WeakPromise.note(console, values.get(PRIVATE_EPSILON), values.get(PRIVATE_DELTA));
    console.note(
        "data      records are cut off at "
            + length
            + " tokens, and a unit without a token to predict counts as 0; how many is private");
    PrivateEvaluation evaluation = run.execute(loaded.model(), loaded.lora(), units);
    NoiseCandidate noise = evaluation.noise().candidate();
    double loss = evaluation.natsPerToken();
    String unit = run.target().unitColumn() == null ? "record" : run.target().unitColumn();
    Report report = new Report();
    report.row(
        "nats per token",
        "{} +- {}  (mean over privacy units, each at most {})",
        Fact.number("private_nats_per_token", loss),
        Fact.number("noise_mean_absolute", noise.coordinate().meanAbsolute()),
        Fact.number("loss_bound", run.bounds().loss()));
    report.row(
        "privacy",
        "epsilon {} at delta {} for one {} more or less, by {} noise",
        Fact.atMost("epsilon", noise.epsilon()),
        Fact.delta("delta", run.target().delta()),
        Fact.said(unit),
        Fact.of("noise", noise.kind().word(), NoiseTable.title(noise.kind())));
    report.row(
        "privacy unit",
        "{}, {} of them, taken to be public",
        Fact.of("privacy_unit", unit),
        Fact.count("units", units.size()));
    report.row("ledger", Fact.of("ledger", run.files().ledger()));
    console.print(report);
  }

  private static int length(Values values, int positions) {
    int length = values.find(MAX_LENGTH).orElse(Math.min(positions, DEFAULT_LENGTH));
    if (length > positions) {
      throw new InputException(
          "--max-length "
              + length
              + " exceeds the model's "
              + positions
              + " positions; give --max-length "
              + positions
              + " or less");
    }
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
