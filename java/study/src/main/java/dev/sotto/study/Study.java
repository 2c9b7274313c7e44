package dev.sotto.study;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.LockFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Does all runs of a study, several at a time. Started again on the same directory it skips the
 * runs that are finished and goes on with those that are not.
 *
 * <pre>{@code
 * StudyResults results = new Study(config, output, runner).execute(2, StudyProgress.SILENT);
 * StudyReport.write(results, output);
 * }</pre>
 */
public final class Study {
  /** What whoever reads the results must know. */
  public static final String NOT_COVERED =
      "Choosing a controller or a setting by these results is tuning. Tuning over private data is"
          + " not covered by epsilon: each epsilon here is that of one run whose settings were fixed"
          + " beforehand. The data of this study were declared public, and exact values were"
          + " measured on them.";

  private static final String RUNS = "runs";

  private final StudyConfig config;
  private final Path output;
  private final StudyRunner runner;
  private final List<StudyRun> runs;
  private final List<ObjectNode> settings = new ArrayList<>();

  /**
   * Reads the study's files once, to know what finished runs were done with.
   *
   * @param config what to compare
   * @param output directory of the study: new, empty, or of an earlier start
   * @param runner does one run
   * @throws InputException if a file is missing or the directory holds something else
   */
  public Study(StudyConfig config, Path output, StudyRunner runner) {
    this.config = config;
    this.output = output;
    this.runner = runner;
    runs = config.runs();
    requireOwn(output);
    FileDigests digests = new FileDigests();
    runs.forEach(run -> settings.add(run.settings(digests)));
  }

  private static void requireOwn(Path output) {
    if (Files.exists(output, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(output)) {
      throw new InputException(output + ": the output is a file; choose another directory");
    }
    if (!Files.exists(output) || Files.isDirectory(output.resolve(RUNS))) {
      return;
    }
    try (Stream<Path> entries = Files.list(output)) {
      if (entries.findAny().isPresent()) {
        throw new InputException(
            output + ": holds something other than a study; choose another directory");
      }
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(output, e);
    }
  }

  /**
   * What an earlier start has finished. Writes nothing.
   *
   * @return a result for each run of the matrix, in its order; null where it is still to be done
   * @throws InputException if a finished run was done with other settings
   */
  public List<RunResult> finished() {
    List<RunResult> results = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      Path directory = directory(runs.get(i));
      RunOutcome outcome = OutcomeFile.read(directory, settings.get(i));
      results.add(outcome == null ? null : result(runs.get(i), directory, outcome));
    }
    return results;
  }

  private static RunResult result(StudyRun run, Path directory, RunOutcome outcome) {
    return new RunResult(run, outcome, Trajectory.read(directory), null);
  }

  private Path directory(StudyRun run) {
    return output.resolve(RUNS).resolve(run.name());
  }

  /**
   * Does what is still to be done. A run that fails does not stop the others.
   *
   * @param workers runs at a time
   * @param progress hears how it gets on
   * @return all results, in the order of the matrix
   */
  public StudyResults execute(int workers, StudyProgress progress) {
    try {
      Files.createDirectories(output.resolve(RUNS));
    } catch (IOException e) {
      throw FileFailure.cannotBeMade(output, e);
    }
    try {
      FileChannel lock =
          LockFile.tryLock(output.resolve(".study.lock"))
              .orElseThrow(
                  () ->
                      new InputException(
                          output
                              + ": another process is working on this study; wait for it, or choose"
                              + " another"));
      try (lock) {
        return new StudyResults(config, executeLocked(workers, progress));
      }
    } catch (IOException e) {
      throw FileFailure.cannotBeWritten(output, e);
    }
  }

  private List<RunResult> executeLocked(int workers, StudyProgress progress) {
    List<RunResult> results = finished();
    Tally tally = new Tally(results, progress);
    ExecutorService pool = Executors.newFixedThreadPool(workers);
    try {
      List<Future<RunResult>> futures = new ArrayList<>();
      for (int i = 0; i < runs.size(); i++) {
        int index = i;
        futures.add(results.get(i) == null ? pool.submit(() -> execute(index, tally)) : null);
      }
      for (int i = 0; i < runs.size(); i++) {
        if (futures.get(i) != null) {
          results.set(i, futures.get(i).get());
        }
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the study was interrupted; start it again to go on", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a run failed in a way that may befall all", e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  private RunResult execute(int index, Tally tally) {
    StudyRun run = runs.get(index);
    Path directory = directory(run);
    RunResult result;
    try {
      RunOutcome outcome =
          runner.run(run, directory, step -> tally.step(index, Math.min(step, steps(run))));
      result = result(run, directory, outcome);
      OutcomeFile.write(directory, settings.get(index), outcome);
    } catch (RuntimeException | OutOfMemoryError e) {
      result = new RunResult(run, null, null, line(e));
    }
    tally.step(index, steps(run));
    tally.ended(result);
    return result;
  }

  private static String line(Throwable failure) {
    String message = String.valueOf(failure.getMessage()).replaceAll("\\s*\\R\\s*", " ").strip();
    return failure instanceof InputException || failure instanceof IllegalArgumentException
        ? message
        : failure.getClass().getSimpleName() + ": " + message;
  }

  private static long steps(StudyRun run) {
    return run.arm().training().steps();
  }

  /** Counts what all workers have done, and tells it one at a time. */
  private final class Tally {
    private final StudyProgress progress;
    private final long[] steps = new long[runs.size()];
    private final long planned;
    private int ended;

    Tally(List<RunResult> finished, StudyProgress progress) {
      this.progress = progress;
      long sum = 0;
      for (int i = 0; i < steps.length; i++) {
        if (finished.get(i) == null) {
          sum += Study.steps(runs.get(i));
        } else {
          ended++;
        }
      }
      planned = sum;
      progress.planned(steps.length, ended);
    }

    synchronized void step(int run, long step) {
      steps[run] = step;
      progress.steps(LongStream.of(steps).sum(), planned);
    }

    synchronized void ended(RunResult result) {
      ended++;
      progress.ended(result, ended, steps.length);
    }
  }
}
