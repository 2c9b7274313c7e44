package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.compute.Purpose;
import dev.sotto.data.Split;
import dev.sotto.data.synthetic.ClinicalNotes;
import dev.sotto.model.Sampling;
import dev.sotto.plan.BackendOptions;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.FinetuneOptions;
import dev.sotto.plan.FinetuneReport;
import dev.sotto.plan.FinetuneResult;
import dev.sotto.plan.FinetuneRun;
import dev.sotto.plan.FreshDirectory;
import dev.sotto.plan.Privacy;
import dev.sotto.plan.TrainingOptions;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * {@code sotto quickstart}: the whole way once, on made-up notes, with a small base model that
 * ships with Sotto.
 */
final class QuickstartCommand implements Command {
  private static final Setting<Path> OUTPUT =
      Setting.path("output", "DIR", "new or empty directory; default: %s")
          .or(Path.of("sotto-quickstart"));
  private static final String BASE = "examples/quickstart/base";
  private static final int NOTES = 30_000;
  private static final long STEPS = 110;
  private static final List<String> TARGETS =
      List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");
  private static final long NOTES_SEED = 1;
  private static final double HELD_OUT = 0.01;
  private static final String PROMPT = "54 yo F with";
  private static final int NOTE_TOKENS = 90;
  private static final Sampling SAMPLING = new Sampling(0.3, 0, 1);

  @Override
  public String name() {
    return "quickstart";
  }

  @Override
  public String summary() {
    return "see a private fine-tuning run from data to adapter, in about two minutes";
  }

  @Override
  public String usage() {
    return "[--output DIR]";
  }

  @Override
  public String description() {
    return """
    Downloads nothing. Makes up clinical-style notes of patients who do not exist, trains an
    adapter on them at epsilon 8 with the patient as privacy unit, and shows what the model
    learned. --json gives what finetune gives, and note_before and note_after.\
    """;
  }

  @Override
  public List<Section> settings() {
    return List.of(Section.of("Options", OUTPUT));
  }

  @Override
  public List<String> examples() {
    return List.of("quickstart");
  }

  @Override
  public void run(Values values, Console console) {
    Path output = values.get(OUTPUT);
    FreshDirectory.require(output, "choose another with --output");
    Path base = Path.of(System.getProperty("sotto.home", ".")).resolve(BASE);
    if (!Files.isDirectory(base)) {
      throw new InputException(
          base
              + ": the base model is not there; run ./sotto of a checkout, or set -Dsotto.home to"
              + " one");
    }
    Split notes = Split.byUnit(ClinicalNotes.generate(NOTES, NOTES_SEED), HELD_OUT, 0);
    FinetuneOptions options = options(values, base, output);
    write(output, notes, options.data());
    console.note(
        "wrote "
            + Figures.count(notes.train().size())
            + " made-up notes to train on ("
            + options.data().train()
            + ") and "
            + notes.validation().size()
            + " to measure with, declared public ("
            + options.data().validation().orElseThrow()
            + ")");
    String before = note(values, base, Optional.empty());
    FinetuneResult result;
    try (TrainingProgress progress = new TrainingProgress(console)) {
      result = new FinetuneRun(options, progress).execute();
    }
    String after = note(values, base, Optional.of(result.adapter()));
    print(options, result, before, after, console);
  }

  private static FinetuneOptions options(Values values, Path base, Path output) {
    return FinetuneOptions.builder(base, output.resolve("notes.csv"))
        .output(output.resolve("run"))
        .privacy(Privacy.epsilon(8))
        .set(DataOptions.VALIDATION, output.resolve("public-notes.csv"))
        .set(DataOptions.PRIVACY_UNIT, "patient")
        .set(DataOptions.MAX_LENGTH, 192)
        .set(DataOptions.MAX_BLOCKS_PER_UNIT, 1)
        .set(FinetuneOptions.TARGET_MODULES, TARGETS)
        .set(TrainingOptions.BATCH_SIZE, 128.0)
        .set(TrainingOptions.STEPS, STEPS)
        .set(TrainingOptions.LEARNING_RATE, 6e-3)
        .set(BackendOptions.BACKEND, values.get(BackendOptions.BACKEND))
        .set(BackendOptions.THREADS, values.find(BackendOptions.THREADS))
        .build();
  }

  private static void write(Path output, Split notes, DataOptions data) {
    try {
      Files.createDirectories(output);
    } catch (IOException e) {
      throw FileFailure.cannotBeMade(output, e);
    }
    ClinicalNotes.writeCsv(data.train(), notes.train());
    ClinicalNotes.writeCsv(data.validation().orElseThrow(), notes.validation());
  }

  private static String note(Values values, Path base, Optional<Path> adapter) {
    Values of = values.with(LoadedModel.MODEL, base).with(LoadedModel.ADAPTER, adapter);
    try (LoadedModel loaded = LoadedModel.open(of, Purpose.PUBLIC)) {
      return Continuation.of(loaded, PROMPT, NOTE_TOKENS, SAMPLING, 0).text().strip();
    }
  }

  static void print(
      FinetuneOptions options,
      FinetuneResult result,
      String before,
      String after,
      Console console) {
    Report report = new Report();
    report.section("A note by the base model:").text("{}", Fact.of("note_before", before));
    report.section("A note after private fine-tuning:").text("{}", Fact.of("note_after", after));
    report.row("protects", "each patient, with all notes");
    report.add(new FinetuneReport(options, result).end());
    report.row("check it", "sotto account --ledger {}", Fact.said(result.ledger()));
    console.print(report);
  }
}
