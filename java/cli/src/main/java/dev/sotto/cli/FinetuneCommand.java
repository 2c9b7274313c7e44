package dev.sotto.cli;

import dev.sotto.plan.DataOptions;
import dev.sotto.plan.FinetuneOptions;
import dev.sotto.plan.FinetuneProgress;
import dev.sotto.plan.FinetuneReport;
import dev.sotto.plan.FinetuneResult;
import dev.sotto.plan.FinetuneRun;
import dev.sotto.plan.RunDirectory;
import dev.sotto.plan.TaskOptions;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.util.ArrayList;
import java.util.List;

/** {@code sotto finetune}: LoRA training under differential privacy. */
final class FinetuneCommand implements Command {
  private static final Setting<Boolean> DRY_RUN =
      Setting.flag("dry-run", "read and check everything and say what it would cost; spend nothing")
          .insteadOf(FinetuneOptions.RESUME);

  private static final Setting<Boolean> JSON_PROGRESS =
      Setting.flag("json-progress", "tell of every step on stderr, a JSON object a line");

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
  public List<Section> settings() {
    List<Section> all = new ArrayList<>(FinetuneOptions.TABLE);
    all.remove(FinetuneOptions.RUN);
    List<Setting<?>> run = new ArrayList<>(FinetuneOptions.RUN.settings());
    run.addAll(1, List.of(DRY_RUN, JSON_PROGRESS));
    all.add(new Section(FinetuneOptions.RUN.title(), run));
    return all;
  }

  @Override
  public List<String> examples() {
    return List.of(
        "finetune --model llama-1b --train notes.csv --text-column note --privacy-unit patient"
            + " --epsilon 4 --output run1",
        "finetune --model llama-1b --train notes.csv --text-column note --privacy-unit patient"
            + " --epsilon 4 --output run1 --resume",
        "finetune --model smollm2 --train chats.jsonl --record-layout messages --privacy-unit user"
            + " --epsilon 4 --output run5",
        "finetune --model llama-1b --train notes.csv --text-column note --mechanism lmo"
            + " --noise noise.json --epsilon 4 --output run2",
        "finetune --model llama-1b --train notes.csv --text-column note --validation public.csv"
            + " --controller rldp --epsilon 4 --output run3",
        "finetune --model llama-1b --train notes.csv --text-column note --budget-book wards.jsonl"
            + " --epsilon 2 --output run4");
  }

  @Override
  public void run(Values values, Console console) {
    FinetuneOptions options = FinetuneOptions.of(values);
    if (options.testSeed().isPresent()) {
      console.note(
          "INSECURE: sampling and noise come from --insecure-test-seed; this run protects nothing");
    }
    if (options.unsafeDiagnostics()) {
      console.note("UNSAFE: exact training losses are printed; they are private");
    }
    options.privacy().ifPresent(asked -> WeakPromise.note(console, asked.epsilon(), asked.delta()));
    boolean unproven = options.privacy().filter(asked -> asked.noise().paper()).isPresent();
    if (unproven) {
      console.note(FinetuneReport.NO_GUARANTEE);
    }
    DataWords.sayCut(console, options.data().train(), options.data().reading());
    if (options.data().reading().layout().isPresent()) {
      console.note(
          "cut       a conversation beyond --max-length becomes several sequences, without those"
              + " in which the assistant says nothing; how many is private");
    }
    if (options.data().columns().prompt() != null) {
      console.note(
          "cut       a pair beyond --max-length becomes several sequences, without those that the"
              + " prompt alone fills; how many is private");
    }
    if (options.task().kind() != TaskOptions.Kind.GENERATE) {
      DataWords.sayLength(console, options.data().maxLength(), DataOptions.lengthFrom(values));
    }
    if (options.tune().freezeA()) {
      console.note("frozen    A of every LoRA pair; B is trained");
    }
    if (values.has(DataOptions.MAX_BLOCKS_PER_UNIT)) {
      console.note(
          "left out  what a unit has beyond --max-blocks-per-unit; whose and how much is private");
    }
    if (values.get(DRY_RUN)) {
      values.refuseTogether(DRY_RUN, FinetuneOptions.RESUME);
      try (TrainingProgress progress = new TrainingProgress(console)) {
        DryRunLines.print(options, new FinetuneRun(options, progress).dryRun(), console);
      }
      return;
    }
    FinetuneResult result;
    StoppedRun ifStopped = new StoppedRun(new RunDirectory(options.output()), console);
    try (TrainingProgress bar = new TrainingProgress(console)) {
      FinetuneProgress progress = values.get(JSON_PROGRESS) ? new JsonProgress(console) : bar;
      result = new FinetuneRun(options, progress).execute();
    } finally {
      ifStopped.forget();
    }
    if (unproven) {
      console.note(FinetuneReport.NO_GUARANTEE);
    }
    console.print(new FinetuneReport(options, result).end());
  }
}
