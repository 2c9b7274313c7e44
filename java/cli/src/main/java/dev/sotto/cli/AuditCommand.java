package dev.sotto.cli;

import dev.sotto.audit.AttackStrength;
import dev.sotto.audit.CanaryAudit;
import dev.sotto.audit.CanaryExtraction;
import dev.sotto.audit.CanaryReport;
import dev.sotto.audit.CanaryResult;
import dev.sotto.audit.CanarySummary;
import dev.sotto.audit.MembershipInference;
import dev.sotto.base.InputException;
import dev.sotto.cli.Arguments.Interval;
import dev.sotto.compute.Purpose;
import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.DataColumns;
import dev.sotto.data.Documents;
import dev.sotto.data.PublicFile;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.TextRecord;
import dev.sotto.data.synthetic.Canaries;
import dev.sotto.data.synthetic.Canary;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code sotto audit}: what an adapter remembers, seen from outside. */
final class AuditCommand implements Command {
  private static final int LONGEST_RECORD = 1024;
  private static final int DEFAULT_ALTERNATIVES = 1000;
  private static final int MOST_ALTERNATIVES = 1_000_000;
  private static final double DEFAULT_DELTA = 1e-6;
  private static final double DEFAULT_CONFIDENCE = 0.95;

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
  public OptionTable options() {
    OptionTable table = LoadedModel.addTo(new OptionTable().section("Model"));
    table
        .section("Canaries")
        .value("canaries", "FILE", "the canary file written by 'sotto synthesize'")
        .value(
            "alternatives",
            "N",
            "secrets that each is compared with; default: " + DEFAULT_ALTERNATIVES)
        .value("seed", "N", "of the draw of these; default: 0")
        .value("delta", "D", "the delta of the bound; default: 1e-6")
        .value("confidence", "P", "of the bound; default: " + DEFAULT_CONFIDENCE)
        .value("output", "FILE", "a new .jsonl file for what was found, canary by canary")
        .section("Membership")
        .value("members", "FILE", "records that were trained on")
        .value("non-members", "FILE", "records of the same source that were not")
        .flag("unsafe-diagnostics", "print exact results on these records: they are private");
    return DataArguments.addTo(table);
  }

  @Override
  public List<String> examples() {
    return List.of(
        "audit --model llama-1b --adapter run1 --canaries canaries.jsonl --delta 1e-5",
        "audit --model llama-1b --adapter run1 --canaries canaries.jsonl --members notes.csv \\\n"
            + "      --non-members held-out.csv --unsafe-diagnostics");
  }

  @Override
  public void run(Arguments arguments, Console console) {
    arguments.path("adapter");
    double delta = arguments.numberOr("delta", DEFAULT_DELTA, Interval.DELTA);
    double confidence = arguments.numberOr("confidence", DEFAULT_CONFIDENCE, Interval.DELTA);
    int alternatives =
        (int) arguments.wholeOr("alternatives", DEFAULT_ALTERNATIVES, 1, MOST_ALTERNATIVES);
    long seed = arguments.seedOr("seed", 0);
    Path output =
        arguments.has("output") ? DiabetesSynthesis.newFile(arguments, "output", ".jsonl") : null;
    checkMembership(arguments);
    // What is found of canaries may be published, so private records must not pass for them.
    for (String option : List.of("members", "non-members")) {
      if (arguments.has(option)) {
        PublicFile.requireOther(arguments.path("canaries"), arguments.path(option));
      }
    }
    List<Canary> canaries = Canaries.read(arguments.path("canaries"));
    try (LoadedModel loaded = LoadedModel.open(arguments, Purpose.PUBLIC)) {
      List<CanaryResult> results =
          CanaryExtraction.of(
              loaded.model(), loaded.lora(), loaded.tokenizer(), canaries, alternatives, seed);
      MembershipInference membership =
          arguments.has("members") ? membership(arguments, loaded, console) : null;
      if (output != null) {
        CanaryReport.write(output, results);
      }
      Map<String, Object> fields = new LinkedHashMap<>();
      printCanaries(results, fields, console);
      CanaryAudit audit =
          InputException.ifRefused(() -> CanaryAudit.of(results, delta, confidence));
      printBound(audit, fields, console);
      if (membership != null) {
        printMembership("loss", membership.loss(), fields, console);
        printMembership("calibrated loss", membership.calibrated(), fields, console);
      }
      console.result(fields);
    }
  }

  /** Before the model is loaded and records are read. */
  private static void checkMembership(Arguments arguments) {
    if (arguments.has("members") != arguments.has("non-members")) {
      throw new InputException(
          "--members and --non-members go together; give both files, or neither");
    }
    if (arguments.has("members") && !arguments.has("unsafe-diagnostics")) {
      throw new InputException(
          "--members is refused: results on private records are private; give"
              + " --unsafe-diagnostics to print them all the same, or leave it out");
    }
    if (arguments.has("unsafe-diagnostics") && !arguments.has("members")) {
      throw new InputException(
          "--unsafe-diagnostics goes with --members and --non-members; give these, or leave it"
              + " out");
    }
  }

  private static MembershipInference membership(
      Arguments arguments, LoadedModel loaded, Console console) {
    console.note("UNSAFE: exact results on private records are printed; they are private");
    int length = Math.min(loaded.model().config().maxPositions(), LONGEST_RECORD);
    return MembershipInference.of(
        loaded.model(),
        loaded.lora(),
        documents(arguments, "members", loaded, length, console),
        documents(arguments, "non-members", loaded, length, console),
        length);
  }

  private static List<Block> documents(
      Arguments arguments, String option, LoadedModel loaded, int length, Console console) {
    DataColumns columns = DataArguments.columns(arguments);
    Path file = arguments.path(option);
    DataArguments.sayCut(console, file, DataArguments.reading(arguments));
    List<TextRecord> records = RecordFiles.read(file, columns, DataArguments.reading(arguments));
    if (records.size() < 2) {
      throw new InputException(file + ": holds one record; an interval needs at least 2");
    }
    Documents documents =
        Corpus.documents(records, loaded.tokenizer(), length, DataArguments.separator(arguments));
    console.note(
        "UNSAFE: "
            + file
            + " holds "
            + Figures.count(records.size())
            + " records"
            + DataArguments.lost(documents.cutOff(), documents.withoutTargets(), length));
    return documents.blocks();
  }

  private static void printCanaries(
      List<CanaryResult> results, Map<String, Object> fields, Console console) {
    CanarySummary planted = CanarySummary.of(results, true);
    CanarySummary others = CanarySummary.of(results, false);
    console.line(row("", "planted", "not planted"));
    console.line(row("canaries", Figures.count(planted.count()), Figures.count(others.count())));
    console.line(numbers("extracted", planted.extracted(), others.extracted()));
    console.line(numbers("words in common", planted.jaccard(), others.jaccard()));
    console.line(numbers("exposure, bits", planted.exposure(), others.exposure()));
    console.line(numbers("most exposed", planted.mostExposed(), others.mostExposed()));
    fields.put("planted", planted.count());
    fields.put("extracted", planted.extracted());
    fields.put("jaccard", planted.jaccard());
    fields.put("exposure", planted.exposure());
    fields.put("unplanted", others.count());
    fields.put("unplanted_extracted", others.extracted());
    fields.put("unplanted_jaccard", others.jaccard());
    fields.put("unplanted_exposure", others.exposure());
  }

  private static void printBound(CanaryAudit audit, Map<String, Object> fields, Console console) {
    console.line(
        "epsilon at least "
            + Figures.lowerBound(audit.epsilon())
            + " at delta "
            + Figures.number(audit.delta())
            + ", confidence "
            + Figures.number(audit.confidence())
            + "  ("
            + audit.correct()
            + " of "
            + audit.guesses()
            + " guesses right)");
    fields.put("epsilon_at_least", audit.epsilon());
    fields.put("delta", audit.delta());
    fields.put("confidence", audit.confidence());
    fields.put("guesses", audit.guesses());
    fields.put("correct", audit.correct());
  }

  private static void printMembership(
      String by, AttackStrength strength, Map<String, Object> fields, Console console) {
    console.line(
        "UNSAFE membership by "
            + by
            + ": AUC "
            + Figures.number(strength.auc())
            + " ("
            + Figures.number(strength.aucLow())
            + " to "
            + Figures.number(strength.aucHigh())
            + "), recognised at 1% false "
            + Figures.number(strength.truePositiveRate()));
    String name = "unsafe_" + by.replace(' ', '_');
    fields.put(name + "_auc", strength.auc());
    fields.put(name + "_auc_low", strength.aucLow());
    fields.put(name + "_auc_high", strength.aucHigh());
    fields.put(name + "_tpr_at_1_percent_fpr", strength.truePositiveRate());
  }

  private static String numbers(String name, double planted, double others) {
    return row(name, Figures.number(planted), Figures.number(others));
  }

  private static String row(String name, String planted, String others) {
    return String.format("%-16s%12s%14s", name, planted, others);
  }
}
