package dev.sotto.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.plan.ChatOptions;
import dev.sotto.plan.FinetuneOptions;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.study.StudyFixture.FormulaRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A study's runs: all of them once, in whatever order, whatever breaks. */
class StudyTest {
  @TempDir Path dir;
  private StudyFixture study;
  private FormulaRunner runner;
  private Path output;

  @BeforeEach
  void prepare() {
    study = new StudyFixture(dir);
    runner = new FormulaRunner();
    output = dir.resolve("out");
  }

  private StudyResults execute(int workers) {
    return new Study(study.config(), output, runner).execute(workers, StudyProgress.SILENT);
  }

  @Test
  void doesEveryRunOnceInADirectoryOfItsOwn() throws IOException {
    StudyResults results = execute(2);
    assertEquals(12, results.runs().size());
    assertTrue(results.failed().isEmpty());
    assertEquals(12, runner.done.size());
    assertTrue(runner.done.values().stream().allMatch(times -> times == 1));
    for (RunResult result : results.runs()) {
      assertEquals(
          Set.of("outcome.json", "trajectory.jsonl"),
          names(output.resolve("runs").resolve(result.run().name())));
      assertEquals(
          StudyFixture.perplexity(result.run(), 20), result.outcome().perplexityAfter(), 1e-12);
      assertEquals(List.of(0L, 5L, 10L, 15L, 20L), result.curve().steps());
    }
  }

  @Test
  void theNumberOfWorkersChangesNothing() {
    String[] written = new String[2];
    for (int workers = 1; workers <= 2; workers++) {
      output = dir.resolve("out" + workers);
      StudyResults results = execute(workers);
      written[workers - 1] =
          ResultsFile.of(results).toPrettyString() + StudyTable.of(results, List.of());
    }
    assertEquals(written[0], written[1]);
  }

  @Test
  void aStudyThatWasKilledGoesOnWhereItStood() {
    StudyRunner dying =
        (run, directory, steps) -> {
          if (runner.done.size() == 5) {
            throw new AssertionError("killed");
          }
          return runner.run(run, directory, steps);
        };
    Study first = new Study(study.config(), output, dying);
    assertThrows(IllegalStateException.class, () -> first.execute(1, StudyProgress.SILENT));
    assertEquals(5, runner.done.size());
    Study again = new Study(study.config(), output, runner);
    assertEquals(5, again.finished().stream().filter(Objects::nonNull).count());
    List<Long> steps = new ArrayList<>();
    StudyResults results =
        again.execute(
            2,
            new StudyProgress() {
              @Override
              public void planned(int runs, int finished) {
                assertEquals(12, runs);
                assertEquals(5, finished);
              }

              @Override
              public void steps(long done, long of) {
                assertEquals(7 * 20, of);
                steps.add(done);
              }
            });
    assertEquals(12, runner.done.size());
    assertTrue(runner.done.values().stream().allMatch(times -> times == 1), "none is done twice");
    assertTrue(results.runs().stream().allMatch(RunResult::finished));
    assertEquals(140, steps.get(steps.size() - 1));
    assertEquals(steps.stream().sorted().toList(), steps);
  }

  @Test
  void whatAnEarlierStartFinishedIsReadAsItWasWritten() {
    StudyResults first = execute(1);
    StudyResults again = execute(2);
    assertTrue(runner.done.values().stream().allMatch(times -> times == 1));
    for (int i = 0; i < 12; i++) {
      assertEquals(first.runs().get(i).outcome(), again.runs().get(i).outcome());
      assertEquals(first.runs().get(i).curve(), again.runs().get(i).curve());
    }
  }

  @Test
  void aFailureIsRecordedStopsNothingAndIsTriedAgain() {
    runner.failing = "rldp-eps8-seed2";
    List<RunResult> ended = new ArrayList<>();
    StudyResults results =
        new Study(study.config(), output, runner)
            .execute(
                2,
                new StudyProgress() {
                  @Override
                  public void ended(RunResult result, int count, int runs) {
                    ended.add(result);
                    assertEquals(ended.size(), count);
                  }
                });
    assertEquals(12, ended.size());
    assertEquals(1, results.failed().size());
    assertEquals("the run broke", results.failed().get(0).error());
    String table = StudyTable.of(results, List.of());
    assertTrue(table.contains("11 of 12 runs finished"), table);
    assertTrue(table.contains("rldp, ε = 8, seed 2: the run broke"), table);
    assertTrue(ResultsFile.of(results).toPrettyString().contains("\"error\" : \"the run broke\""));
    runner.failing = null;
    assertTrue(execute(1).failed().isEmpty());
    assertEquals(2, runner.done.get("rldp-eps8-seed2"));
    assertEquals(1, runner.done.get("rldp-eps8-seed1"));
  }

  @Test
  void refusesFinishedRunsOfOtherSettings() {
    execute(1);
    study.json.put("learning_rate", 0.5);
    InputException e = assertThrows(InputException.class, () -> execute(1));
    assertTrue(e.getMessage().contains("learning_rate = 0.001"), e.getMessage());
    assertTrue(e.getMessage().contains("asks for 0.5"), e.getMessage());
    study.json.remove("learning_rate");
    study.write("train.csv", "text\nanother note\n");
    e = assertThrows(InputException.class, () -> execute(1));
    assertTrue(e.getMessage().contains("a finished run with train = "), e.getMessage());
  }

  /** Whatever decides how a run trains, whichever table it is a row of. */
  @Test
  void refusesAnyOtherSetting() throws IOException {
    execute(1);
    Path first = output.resolve("runs/constant-eps0.5-seed1/outcome.json");
    String outcome = Files.readString(first);
    for (String change :
        List.of(
            "average=0.4",
            "precision=\"bf16\"",
            "text_split=\"file\"",
            "quoting=\"none\"",
            "begin=\"off\"",
            "end=\"off\"",
            "freeze_a=true",
            "max_length=64",
            "rank=4",
            "delta=1e-6",
            "separator=\" \"",
            "decay=\"constant\"",
            "clip_norm=0.5")) {
      String[] parts = change.split("=");
      study.json.set(parts[0], Json.MAPPER.readTree(parts[1]));
      InputException e = assertThrows(InputException.class, () -> execute(1), change);
      assertTrue(e.getMessage().contains("a finished run with " + parts[0] + " = "), change);
      study.json.remove(parts[0]);
    }
    // A run of before a setting had a key had its default; one with another value is refused.
    Files.writeString(first, outcome.replaceFirst("\"average\" : \"0\",\\s*", ""));
    assertEquals(outcome.length() > Files.size(first), true);
    assertEquals(12, execute(1).runs().size());
    Files.writeString(first, outcome.replace("\"average\" : \"0\"", "\"average\" : \"0.4\""));
    assertThrows(InputException.class, () -> execute(1));
  }

  @Test
  void everyRowThatAStudyReadsDecidesOrIsSaidNotTo() {
    ObjectNode settings =
        new StudyRun(study.config(), study.config().arms().get(0), 8, 1)
            .settings(new FileDigests());
    for (Section section : FinetuneOptions.TABLE) {
      for (Setting<?> setting : section.settings()) {
        if (setting.kept().equalOnResume()
            && section != ChatOptions.SECTION
            && !StudyConfigFile.NOT_READ.contains(setting)) {
          assertTrue(settings.has(setting.key()), setting.key());
        }
      }
    }
  }

  @Test
  void aStudyThatGrowsKeepsWhatItHas() {
    execute(1);
    study.json.putArray("seeds").add(1).add(2).add(3).add(4);
    study.json.putArray("controllers").add("constant").add("rldp").add("quantile");
    assertEquals(24, execute(2).runs().size());
    assertEquals(24, runner.done.size());
    assertTrue(runner.done.values().stream().allMatch(times -> times == 1));
  }

  @Test
  void lookingAtAStudyWritesNothing() {
    new Study(study.config(), output, runner).finished();
    assertFalse(Files.exists(output));
  }

  @Test
  void refusesADirectoryThatIsNoStudy() throws IOException {
    Files.createDirectories(output);
    Files.writeString(output.resolve("thesis.tex"), "years of work");
    InputException e = assertThrows(InputException.class, () -> execute(1));
    assertTrue(e.getMessage().contains("something other than a study"), e.getMessage());
  }

  @Test
  void twoProcessesDoNotWorkOnOneStudy() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    StudyRunner waiting =
        (run, directory, steps) -> {
          begun.countDown();
          try {
            release.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return runner.run(run, directory, steps);
        };
    StudyConfig config = study.config();
    Thread first =
        new Thread(() -> new Study(config, output, waiting).execute(1, StudyProgress.SILENT));
    first.start();
    begun.await();
    InputException e = assertThrows(InputException.class, () -> execute(1));
    assertTrue(e.getMessage().contains("another process"), e.getMessage());
    release.countDown();
    first.join();
    assertNotNull(runner.done.get("rldp-eps8-seed3"));
  }

  private static Set<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      Set<String> names = new TreeSet<>();
      entries.forEach(entry -> names.add(entry.getFileName().toString()));
      return names;
    }
  }
}
