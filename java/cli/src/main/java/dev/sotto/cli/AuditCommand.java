package dev.sotto.cli;

import dev.sotto.audit.AttackStrength;
import dev.sotto.audit.CanaryAudit;
import dev.sotto.audit.CanaryExtraction;
import dev.sotto.audit.CanaryReport;
import dev.sotto.audit.CanaryResult;
import dev.sotto.audit.CanarySummary;
import dev.sotto.audit.MembershipInference;
import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.compute.Purpose;
import dev.sotto.data.Block;
import dev.sotto.data.DataColumns;
import dev.sotto.data.Documents;
import dev.sotto.data.PublicFile;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.TextRecord;
import dev.sotto.data.synthetic.Canaries;
import dev.sotto.data.synthetic.Canary;
import dev.sotto.plan.ChatOptions;
import dev.sotto.plan.DataOptions;
import dev.sotto.report.Fact;
import dev.sotto.report.Item;
import dev.sotto.report.Report;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code sotto audit}: what an adapter remembers, seen from outside. */
final class AuditCommand implements Command {
  private static final int LONGEST_RECORD = 1024;
  private static final Setting<Path> CANARIES =
      Setting.path("canaries", "FILE", "the canary file written by 'sotto synthesize'");
  private static final Setting<Integer> ALTERNATIVES =
      Setting.count(
              "alternatives", "N", 1, 1_000_000, "secrets that each is compared with; default: %s")
          .or(1000);
  private static final Setting<Long> SEED =
      Setting.seed("seed", "of the draw of these; default: %s").or(0L);
  private static final Setting<Double> DELTA =
      Setting.number("delta", "D", Range.DELTA, "the delta of the bound; default: %s").or(1e-6);
  private static final Setting<Double> CONFIDENCE =
      Setting.number("confidence", "P", Range.DELTA, "of the bound; default: %s").or(0.95);
  private static final Setting<Path> OUTPUT =
      Setting.path("output", "FILE", "a new .jsonl file for what was found, canary by canary");
  private static final Setting<Path> MEMBERS =
      Setting.path("members", "FILE", "records that were trained on");
  private static final Setting<Path> NON_MEMBERS =
      Setting.path("non-members", "FILE", "records of the same source that were not");
  private static final Setting<Boolean> UNSAFE_DIAGNOSTICS =
      Setting.flag("unsafe-diagnostics", "print exact results on these records: they are private");

  @Override
  public String name() {
    return "audit";
  }

  @Override
  public String summary() {
    return "ask an adapter for planted secrets, and bound its epsilon from below";
  }

  @Override
  public String usage() {
    return "--model DIR --adapter DIR --canaries FILE [options]";
  }

  @Override
  public String description() {
    return """
    Canaries are secrets of nobody, planted by 'sotto synthesize --canaries'; what is measured on
    them may be published. Each is asked for by its prefix (extracted, and words in common), and
    compared by loss with others of its space (exposure, in bits; 1.44 is chance). From which of
    them were planted follows a lower bound on epsilon for one canary more or less, which holds
    with the stated confidence if each was a privacy unit of its own in training ('sotto finetune
    --privacy-unit patient'). A sound claim is never below it but for chance.
    With --members and --non-members the loss is also tried as a test of membership. That is
    exact on real records, hence private: it is printed only with --unsafe-diagnostics, and
    never saved.
    --json gives planted, unplanted, and for both extracted, jaccard, exposure; epsilon_at_least,
    delta, confidence, guesses, correct; unsafe_ fields for membership.\
    """;
  }

  @Override
  public List<Section> settings() {
    List<Setting<?>> membership =
        new ArrayList<>(List.of(MEMBERS, NON_MEMBERS, UNSAFE_DIAGNOSTICS));
    membership.addAll(DataOptions.READING.settings());
    return List.of(
        LoadedModel.SECTION,
        Section.of("Canaries", CANARIES, ALTERNATIVES, SEED, DELTA, CONFIDENCE, OUTPUT),
        new Section("Membership", membership),
        ChatOptions.SECTION,
        DataOptions.FRAME);
  }

  @Override
  public List<String> examples() {
    return List.of(
        "audit --model llama-1b --adapter run1 --canaries canaries.jsonl --delta 1e-5",
        "audit --model llama-1b --adapter run1 --canaries canaries.jsonl --members notes.csv \\\n"
            + "      --non-members held-out.csv --unsafe-diagnostics");
  }

  @Override
  public void run(Values values, Console console) {
    values.get(LoadedModel.ADAPTER);
    double delta = values.get(DELTA);
    double confidence = values.get(CONFIDENCE);
    int alternatives = values.get(ALTERNATIVES);
    long seed = values.get(SEED);
    Path output = values.has(OUTPUT) ? DiabetesSynthesis.newFile(values, OUTPUT, ".jsonl") : null;
    checkMembership(values);
    // What is found of canaries may be published, so private records must not pass for them.
    for (Setting<Path> records : List.of(MEMBERS, NON_MEMBERS)) {
      if (values.has(records)) {
        PublicFile.requireOther(values.get(CANARIES), values.get(records));
      }
    }
    List<Canary> canaries = Canaries.read(values.get(CANARIES));
    try (LoadedModel loaded = LoadedModel.open(values, Purpose.PUBLIC)) {
      List<CanaryResult> results =
          CanaryExtraction.of(
              loaded.model(),
              loaded.lora(),
              loaded.tokenizer(),
              loaded.frame(),
              canaries,
              alternatives,
              seed);
      MembershipInference membership =
          values.has(MEMBERS) ? membership(values, loaded, console) : null;
      if (output != null) {
        CanaryReport.write(output, results);
      }
      Report report = new Report();
      addCanaries(report, results);
      addBound(report, InputException.ifRefused(() -> CanaryAudit.of(results, delta, confidence)));
      if (membership != null) {
        addMembership(report, "loss", membership.loss());
        addMembership(report, "calibrated loss", membership.calibrated());
      }
      console.print(report);
    }
  }

  /** Before the model is loaded and records are read. */
  private static void checkMembership(Values values) {
    if (values.has(MEMBERS) != values.has(NON_MEMBERS)) {
      throw new InputException(
          "--members and --non-members go together; give both files, or neither");
    }
    if (values.has(MEMBERS) && !values.get(UNSAFE_DIAGNOSTICS)) {
      throw new InputException(
          "--members is refused: results on private records are private; give"
              + " --unsafe-diagnostics to print them all the same, or leave it out");
    }
    if (values.get(UNSAFE_DIAGNOSTICS) && !values.has(MEMBERS)) {
      throw new InputException(
          "--unsafe-diagnostics goes with --members and --non-members; give these, or leave it"
              + " out");
    }
  }

  private static MembershipInference membership(
      Values values, LoadedModel loaded, Console console) {
    console.note("UNSAFE: exact results on private records are printed; they are private");
    int length = Math.min(loaded.model().config().maxPositions(), LONGEST_RECORD);
    return MembershipInference.of(
        loaded.model(),
        loaded.lora(),
        documents(values, MEMBERS, loaded, length, console),
        documents(values, NON_MEMBERS, loaded, length, console),
        length);
  }

  private static List<Block> documents(
      Values values, Setting<Path> setting, LoadedModel loaded, int length, Console console) {
    DataColumns columns = DataOptions.columns(values);
    Path file = values.get(setting);
    DataWords.sayCut(console, file, DataOptions.reading(values));
    List<TextRecord> records = RecordFiles.read(file, columns, DataOptions.reading(values));
    if (records.size() < 2) {
      throw new InputException(file + ": holds one record; an interval needs at least 2");
    }
    Documents documents = loaded.documents(values, records, length);
    console.note(
        "UNSAFE: "
            + file
            + " holds "
            + Figures.count(records.size())
            + " records"
            + DataWords.lost(documents.cutOff(), documents.withoutTargets(), length));
    return documents.blocks();
  }

  private static void addCanaries(Report report, List<CanaryResult> results) {
    CanarySummary planted = CanarySummary.of(results, true);
    CanarySummary others = CanarySummary.of(results, false);
    Item.Table table =
        report.table(
            null,
            new Item.Column("", -16),
            new Item.Column("planted", 10),
            new Item.Column("not planted", 12));
    table.row(
        Fact.said("canaries"),
        Fact.count("planted", planted.count()),
        Fact.count("unplanted", others.count()));
    table.row(
        Fact.said("extracted"),
        Fact.number("extracted", planted.extracted()),
        Fact.number("unplanted_extracted", others.extracted()));
    table.row(
        Fact.said("words in common"),
        Fact.number("jaccard", planted.jaccard()),
        Fact.number("unplanted_jaccard", others.jaccard()));
    table.row(
        Fact.said("exposure, bits"),
        Fact.number("exposure", planted.exposure()),
        Fact.number("unplanted_exposure", others.exposure()));
    table.row(
        Fact.said("most exposed"),
        Fact.number(null, planted.mostExposed()),
        Fact.number(null, others.mostExposed()));
  }

  private static void addBound(Report report, CanaryAudit audit) {
    report.row(
        "epsilon at least",
        "{} at delta {}, confidence {}  ({} guesses, {} of them right)",
        Fact.atLeast("epsilon_at_least", audit.epsilon()),
        Fact.delta("delta", audit.delta()),
        Fact.number("confidence", audit.confidence()),
        Fact.count("guesses", audit.guesses()),
        Fact.count("correct", audit.correct()));
  }

  private static void addMembership(Report report, String by, AttackStrength strength) {
    String key = "unsafe_" + by.replace(' ', '_');
    report.text(
        "UNSAFE membership by {}: AUC {} ({} to {}), recognised at 1% false {}",
        Fact.said(by),
        Fact.number(key + "_auc", strength.auc()),
        Fact.number(key + "_auc_low", strength.aucLow()),
        Fact.number(key + "_auc_high", strength.aucHigh()),
        Fact.number(key + "_tpr_at_1_percent_fpr", strength.truePositiveRate()));
  }
}
