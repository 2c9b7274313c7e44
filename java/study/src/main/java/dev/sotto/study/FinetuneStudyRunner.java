package dev.sotto.study;

import dev.sotto.audit.CanaryExtraction;
import dev.sotto.audit.CanarySummary;
import dev.sotto.audit.MembershipInference;
import dev.sotto.base.InputException;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.Purpose;
import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.Documents;
import dev.sotto.data.Frame;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.TextRecord;
import dev.sotto.data.synthetic.Canaries;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.Precision;
import dev.sotto.plan.BackendOptions;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.FinetuneOptions;
import dev.sotto.plan.FinetuneProgress;
import dev.sotto.plan.FinetuneResult;
import dev.sotto.plan.FinetuneRun;
import dev.sotto.plan.Perplexity;
import dev.sotto.plan.PublicRecords;
import dev.sotto.task.AdapterNotes;
import dev.sotto.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * Does a run by {@link FinetuneRun}, and then attacks its adapter. Each run opens a backend of its
 * own, so that several can go on at a time.
 *
 * @param backend name of the backend
 * @param threads of a run
 * @param said hears what records a run measures on, and how many of them are cut or passed over;
 *     the same ones again from every run, from several threads at a time
 */
public record FinetuneStudyRunner(String backend, int threads, Consumer<PublicRecords> said)
    implements StudyRunner {
  /** Secrets that each canary is compared with: exposures of up to 10 bits can be told apart. */
  private static final int ALTERNATIVES = 1000;

  @Override
  public RunOutcome run(StudyRun run, Path directory, LongConsumer steps) {
    long start = System.nanoTime();
    delete(directory);
    FinetuneResult result =
        new FinetuneRun(
                options(run, directory),
                new FinetuneProgress() {
                  @Override
                  public void publicRecords(PublicRecords records) {
                    said.accept(records);
                  }

                  @Override
                  public void step(long step, long of, double epsilon) {
                    steps.accept(step);
                  }
                })
            .execute();
    double seconds = 1e-9 * (System.nanoTime() - start);
    RunOutcome.AuditFigures audit = audit(run, directory);
    return new RunOutcome(
        result.epsilon(),
        result.delta(),
        result.steps(),
        result.perplexity().map(Perplexity::before).orElse(Double.NaN),
        result.perplexity().map(Perplexity::after).orElse(Double.NaN),
        seconds,
        audit);
  }

  private FinetuneOptions options(StudyRun run, Path directory) {
    FinetuneOptions options =
        run.options().with(FinetuneOptions.OUTPUT, directory).with(BackendOptions.BACKEND, backend);
    return threads == 0 ? options : options.with(BackendOptions.THREADS, threads);
  }

  /**
   * What a run left that was killed. It could be resumed, but the steps after its last checkpoint
   * are charged and lost, so that it would come to less than the others.
   */
  private static void delete(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> entries = Files.walk(directory)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new InputException(directory + ": cannot be deleted: " + e, e);
    }
  }

  private RunOutcome.AuditFigures audit(StudyRun run, Path adapter) {
    StudyConfig.AuditFiles files = run.config().audit();
    if (files == null) {
      return RunOutcome.AuditFigures.NONE;
    }
    Path directory = run.config().model();
    try (Backend opened = Backends.open(backend, threads, Purpose.PUBLIC);
        LanguageModel model =
            LanguageModel.load(
                opened,
                directory,
                run.options().precision().orElseGet(() -> Precision.defaultOf(opened)));
        Tokenizer tokenizer = Tokenizer.open(directory, model.config().vocabularySize());
        LoraAdapters lora = LoraAdapters.load(model, adapter)) {
      Frame frame = Frame.of(AdapterNotes.read(adapter).framing(), tokenizer);
      CanarySummary canaries =
          files.canaries() == null
              ? new CanarySummary(0, Double.NaN, Double.NaN, Double.NaN, Double.NaN)
              : CanarySummary.of(
                  CanaryExtraction.of(
                      model,
                      lora,
                      tokenizer,
                      frame,
                      Canaries.read(files.canaries()),
                      ALTERNATIVES,
                      run.seed()),
                  true);
      if (files.members() == null) {
        return figures(canaries, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
      }
      DataOptions data = run.config().data();
      MembershipInference membership =
          MembershipInference.of(
              model,
              lora,
              documents(files.members(), data, tokenizer, frame),
              documents(files.nonMembers(), data, tokenizer, frame),
              data.maxLength());
      return figures(
          canaries,
          membership.loss().auc(),
          membership.loss().truePositiveRate(),
          membership.calibrated().auc(),
          membership.calibrated().truePositiveRate());
    }
  }

  private static RunOutcome.AuditFigures figures(
      CanarySummary canaries,
      double auc,
      double rate,
      double calibratedAuc,
      double calibratedRate) {
    return new RunOutcome.AuditFigures(
        canaries.exposure(),
        canaries.extracted(),
        canaries.jaccard(),
        auc,
        rate,
        calibratedAuc,
        calibratedRate);
  }

  private List<Block> documents(Path file, DataOptions data, Tokenizer tokenizer, Frame frame) {
    List<TextRecord> records =
        RecordFiles.read(file, data.columns().withUnit(null), data.reading());
    if (records.size() < 2) {
      throw new InputException(file + ": holds one record; give at least 2");
    }
    Documents documents =
        Corpus.documents(records, tokenizer, frame, data.maxLength(), data.separator());
    said.accept(
        new PublicRecords(
            file.toString(),
            PublicRecords.Purpose.AUDIT,
            records.size(),
            data.maxLength(),
            documents.cutOff(),
            documents.withoutTargets()));
    return documents.blocks();
  }
}
