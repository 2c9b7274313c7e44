package dev.sotto.cli;

import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.cli.Arguments.Interval;
import dev.sotto.model.Architectures;
import dev.sotto.model.LoraOptions;
import dev.sotto.plan.Account;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.FinetuneOptions;
import dev.sotto.plan.FinetuneResult;
import dev.sotto.plan.FinetuneRun;
import dev.sotto.plan.PrivacyOptions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code sotto finetune}: LoRA training under differential privacy. */
final class FinetuneCommand implements Command {
  private static final int DEFAULT_RANK = 8;
  private static final double DEFAULT_ALPHA = 16;
  private static final int DEFAULT_LENGTH = 256;
  private static final long MOST_UNITS = 1_000_000_000_000L;

  /** What has no meaning without a guarantee. */
  private static final List<String> OF_PRIVACY =
      List.of(
          "epsilon",
          "delta",
          "accountant",
          "clip-norm",
          "clipping",
          "noise-allocation",
          "mechanism",
          "noise",
          "accounting",
          "budget-book",
          ControlArguments.CONTROLLER);

  /** Stands before and after a run whose noise nobody sound has vouched for. */
  private static final String NO_GUARANTEE =
      "NOT A DIFFERENTIAL PRIVACY GUARANTEE: --accounting paper chose the noise; it bounds a single"
          + " number, and this run releases vectors";

  @Override
  public String name() {
    return "finetune";
  }

  @Override
  public String summary() {
    return "train a LoRA adapter on private text, with a proven (epsilon, delta)";
  }

  @Override
  public String usage() {
    return "--model DIR --train FILE --output DIR [--epsilon E] [options]";
  }

  @Override
  public String description() {
    return """
    Writes a PEFT adapter, a ledger that proves the privacy spent, and a report. A run that was
    stopped goes on with the same command and --resume.
    --json gives epsilon, delta, accountant, steps, adapter, ledger, report, and with validation
    data perplexity_before and perplexity_after. Without privacy epsilon and ledger are null. With
    --controller, trajectory.jsonl says what it chose and saw, all of it released or public. With
    --accounting paper epsilon is null, guarantee is "none", and claimed_epsilon_paper is what
    arXiv 2405.18776 would claim: not a differential privacy guarantee, for replication only.
    --dry-run checks all input, --output included, times a micro-batch, and says epsilon, noise,
    units, time, memory and what will be public, and to you alone exact counts of the records.
    Its --json leaves these out, and gives dry_run, epsilon, delta, accountant, noise_multiplier,
    units, steps, peak_memory_bytes, nominal_tokens_a_step, nominal_seconds_a_step,
    nominal_seconds, model_parameters, trainable_parameters.\
    """;
  }

  @Override
  public OptionTable options() {
    OptionTable table =
        new OptionTable()
            .section("Model")
            .value("model", "DIR", "HuggingFace model directory: GPT-2, Llama or Mistral");
    BackendArguments.addPrecision(table)
        .value("adapter", "DIR", "PEFT adapter to go on from; default: a fresh one")
        .value("rank", "R", "LoRA rank; default: " + DEFAULT_RANK)
        .value("alpha", "A", "LoRA alpha, updates are scaled by A/R; default: 16")
        .value("target-modules", "LIST", "names with commas; default: attention projections")
        .section("Data")
        .value("train", "FILE", "private records: CSV, TSV, JSONL, JSON or text, also .gz");
    DataArguments.addTo(table)
        .value(
            "privacy-unit",
            "NAME",
            "column whose records are protected together; blanks around a value make no other unit")
        .value("public-size", "N", "number of units to treat as public; default: as in the file")
        .value(
            "validation",
            "FILE",
            "PUBLIC records, without any protection, to measure perplexity on")
        .value(
            "validation-fraction",
            "F",
            "instead: share of units to set aside as PUBLIC, without any protection")
        .value("max-length", "N", "tokens of a block; default: 256, or the model's positions")
        .value("max-blocks-per-unit", "N", "blocks kept of one unit; default: all")
        .section("Privacy")
        .value("epsilon", "E", "target epsilon, in (0, 100]; default: 8");
    TrainingArguments.addTarget(table);
    TrainingArguments.addClipping(table);
    TrainingArguments.addNoise(table)
        .value("accounting", "KIND", "of lmo noise: exact (default), or paper: NO GUARANTEE")
        .value("budget-book", "FILE", "budget of the data set to charge: see 'sotto budget create'")
        .flag("no-privacy", "train without any protection, for public data and comparison");
    ControlArguments.addTo(table).section("Schedule");
    TrainingArguments.addSchedule(table).section("Training");
    return TrainingArguments.addOptimizer(table)
        .value("seed", "N", "of the adapter's initial values, public; default: 0")
        .section("Run")
        .value("output", "DIR", "new or empty directory for adapter, ledger and report")
        .flag("dry-run", "read and check everything and say what it would cost; spend nothing")
        .flag("resume", "go on with the run in --output")
        .flag("unsafe-diagnostics", "print exact training losses: they are private")
        .value("insecure-test-seed", "N", "fixed noise, for tests: protects nothing");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "finetune --model llama-1b --train notes.csv --text-column note --privacy-unit patient"
            + " --epsilon 4 --output run1",
        "finetune --model llama-1b --train notes.csv --text-column note --privacy-unit patient"
            + " --epsilon 4 --output run1 --resume",
        "finetune --model llama-1b --train notes.csv --text-column note --mechanism lmo"
            + " --noise noise.json --epsilon 4 --output run2",
        "finetune --model llama-1b --train notes.csv --text-column note --validation public.csv"
            + " --controller rldp --epsilon 4 --output run3",
        "finetune --model llama-1b --train notes.csv --text-column note --budget-book wards.jsonl"
            + " --epsilon 2 --output run4");
  }

  @Override
  public void run(Arguments arguments, Console console) {
    FinetuneOptions options = options(arguments);
    if (options.testSeed() != null) {
      console.note(
          "INSECURE: sampling and noise come from --insecure-test-seed; this run protects nothing");
    }
    if (options.unsafeDiagnostics()) {
      console.note("UNSAFE: exact training losses are printed; they are private");
    }
    boolean unproven = options.isPrivate() && options.privacy().noise().paper();
    if (unproven) {
      console.note(NO_GUARANTEE);
    }
    DataArguments.sayCut(console, options.data().train(), options.data().reading());
    if (options.data().columns().prompt() != null) {
      console.note(
          "cut       a pair beyond --max-length becomes several sequences, without those that the"
              + " prompt alone fills; how many is private");
    }
    if (arguments.has("max-blocks-per-unit")) {
      console.note(
          "left out  what a unit has beyond --max-blocks-per-unit; whose and how much is private");
    }
    if (arguments.has("dry-run")) {
      arguments.refuseTogether("dry-run", "resume");
      try (TrainingProgress progress = new TrainingProgress(console)) {
        DryRunLines.print(options, new FinetuneRun(options, progress).dryRun(), console);
      }
      return;
    }
    FinetuneResult result;
    try (TrainingProgress progress = new TrainingProgress(console)) {
      result = new FinetuneRun(options, progress).execute();
    }
    if (unproven) {
      console.note(NO_GUARANTEE);
    }
    print(options, result, console);
  }

  private static FinetuneOptions options(Arguments arguments) {
    Path model = arguments.path("model");
    PrivacyOptions privacy = privacy(arguments);
    return new FinetuneOptions(
        model,
        arguments.pathOr("adapter", null),
        arguments.path("output"),
        data(arguments, model),
        lora(arguments),
        privacy,
        ControlArguments.control(arguments),
        arguments.pathOr("budget-book", null),
        TrainingArguments.training(arguments),
        BackendArguments.name(arguments),
        BackendArguments.threads(arguments),
        BackendArguments.precision(arguments),
        arguments.seedOr("seed", 0),
        arguments.has("insecure-test-seed") ? arguments.seedOr("insecure-test-seed", 0) : null,
        arguments.has("resume"),
        arguments.has("unsafe-diagnostics"));
  }

  private static PrivacyOptions privacy(Arguments arguments) {
    if (arguments.has("no-privacy")) {
      OF_PRIVACY.forEach(option -> arguments.refuseTogether("no-privacy", option));
      return null;
    }
    return TrainingArguments.privacy(
        arguments,
        arguments.numberOr("epsilon", TrainingArguments.DEFAULT_EPSILON, Interval.POSITIVE));
  }

  private static DataOptions data(Arguments arguments, Path model) {
    arguments.refuseTogether("validation", "validation-fraction");
    String unit = arguments.textOr("privacy-unit", null);
    return new DataOptions(
        arguments.path("train"),
        arguments.pathOr("validation", null),
        arguments.numberOr("validation-fraction", 0, Interval.FRACTION),
        DataArguments.columns(arguments).withUnit(unit),
        DataArguments.reading(arguments),
        DataArguments.separator(arguments),
        arguments.has("max-length") ? arguments.intOr("max-length", 0, 2) : defaultLength(model),
        arguments.intOr("max-blocks-per-unit", Integer.MAX_VALUE, 1),
        arguments.wholeOr("public-size", 0, 1, MOST_UNITS));
  }

  private static int defaultLength(Path model) {
    ModelConfigFile file = ModelConfigFile.open(model);
    int positions = Architectures.of(file).read(file).maxPositions();
    return Math.min(DEFAULT_LENGTH, positions);
  }

  private static LoraOptions lora(Arguments arguments) {
    for (String option : List.of("rank", "alpha", "target-modules")) {
      arguments.refuseTogether("adapter", option);
    }
    String targets = arguments.textOr("target-modules", "");
    return new LoraOptions(
        arguments.intOr("rank", DEFAULT_RANK, 1),
        arguments.numberOr("alpha", DEFAULT_ALPHA, Interval.POSITIVE),
        Arrays.stream(targets.split(",")).map(String::strip).filter(t -> !t.isEmpty()).toList());
  }

  private static void print(FinetuneOptions options, FinetuneResult result, Console console) {
    if (result.account() instanceof Account.PaperClaim) {
      console.line("epsilon     none is stated: " + NO_GUARANTEE);
    } else if (result.account() instanceof Account.Proven proven) {
      console.line(
          "epsilon     at most "
              + Figures.bound(result.epsilon())
              + " at delta "
              + Figures.number(result.delta())
              + " ("
              + proven.accountantName()
              + " accountant)");
    } else {
      console.line("epsilon     none: this adapter may repeat its training data");
    }
    console.line("steps       " + Figures.count(result.steps()));
    result
        .perplexity()
        .ifPresent(
            perplexity ->
                console.line(
                    "perplexity  "
                        + Figures.number(perplexity.before())
                        + " before, "
                        + Figures.number(perplexity.after())
                        + " after, on the public validation data"));
    console.line("adapter     " + result.adapter());
    if (result.account() instanceof Account.Private) {
      console.line("ledger      " + result.ledger());
    }
    console.line("report      " + result.report());
    console.line(
        "try         sotto generate --model " + options.model() + " --adapter " + result.adapter());
    console.result(fields(options, result));
  }

  /** The result under its fixed names. */
  static Map<String, Object> fields(FinetuneOptions options, FinetuneResult result) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("epsilon", result.epsilon());
    fields.put("delta", result.delta());
    boolean noised = result.account() instanceof Account.Private;
    fields.put("accountant", noised ? ((Account.Private) result.account()).accountantName() : null);
    if (result.account() instanceof Account.PaperClaim claim) {
      fields.put("claimed_epsilon_paper", claim.claimedEpsilon());
      fields.put("guarantee", "none");
    }
    fields.put("steps", result.steps());
    fields.put("adapter", result.adapter().toString());
    fields.put("ledger", noised ? result.ledger().toString() : null);
    fields.put("report", result.report().toString());
    result
        .perplexity()
        .ifPresent(
            perplexity -> {
              fields.put("perplexity_before", perplexity.before());
              fields.put("perplexity_after", perplexity.after());
            });
    return fields;
  }
}
