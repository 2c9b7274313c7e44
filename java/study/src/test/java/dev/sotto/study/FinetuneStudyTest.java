package dev.sotto.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.Accountant;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.plan.PublicRecords;
import dev.sotto.trainer.ControlRecord;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole study of real runs on a tiny model. */
class FinetuneStudyTest {
  private static final Set<PublicRecords> SAID = ConcurrentHashMap.newKeySet();
  private static final FinetuneStudyRunner RUNNER = new FinetuneStudyRunner("cpu", 1, SAID::add);

  @TempDir Path dir;
  private StudyFixture study;

  @BeforeEach
  void prepare() {
    study = new StudyFixture(dir);
    try (Backend backend = Backends.open("cpu", 1)) {
      TinyModel.directory(backend, dir.resolve("base"), false);
    }
    TinyModel.records(dir.resolve("train.csv"), 40);
    TinyModel.publicRecords(dir.resolve("held-out.csv"), 5);
    study.json.put("seeded_noise", true).put("steps", 4).put("batch_size", 8);
    study.json.put("max_length", 12).put("rank", 2).put("control_interval", 2);
    study.json.put("learning_rate", 0.01).put("checkpoint_every", 2);
    study.json.putArray("controllers").add("constant").add("random");
    study.json.putArray("epsilons").add(8);
    study.json.putArray("seeds").add(1).add(2);
  }

  private StudyResults execute(String output, int workers) {
    return execute(RUNNER, output, workers);
  }

  private StudyResults execute(StudyRunner runner, String output, int workers) {
    return new Study(StudyConfigFile.read(study.file()), dir.resolve(output), runner)
        .execute(workers, StudyProgress.SILENT);
  }

  @Test
  void runsSideBySideComeToWhatRunsInTurnComeTo() {
    study.json.put("members", "train.csv").put("non_members", "held-out.csv");
    StudyResults inTurn = execute("one", 1);
    StudyResults sideBySide = execute("two", 2);
    assertEquals(4, inTurn.runs().size());
    for (int i = 0; i < 4; i++) {
      RunResult one = inTurn.runs().get(i);
      RunResult two = sideBySide.runs().get(i);
      assertEquals(null, one.error());
      assertEquals(one.curve(), two.curve());
      assertEquals(one.outcome().audit(), two.outcome().audit());
      assertEquals(List.of(0L, 2L, 4L), one.curve().steps());
      assertTrue(one.outcome().epsilon() <= 8 && one.outcome().epsilon() > 7.9);
      assertTrue(one.outcome().perplexityAfter() > 1);
      assertTrue(one.outcome().audit().membershipAuc() >= 0);
      assertTrue(one.outcome().audit().membershipAuc() <= 1);
    }
    String heldOut = dir.resolve("held-out.csv").toString();
    assertEquals(
        Set.of(
            new PublicRecords(heldOut, PublicRecords.Purpose.VALIDATION, 5, 12, 2, 0),
            new PublicRecords(heldOut, PublicRecords.Purpose.AUDIT, 5, 12, 2, 0)),
        SAID.stream().filter(said -> said.name().equals(heldOut)).collect(Collectors.toSet()));
    ControlRecord constant = inTurn.runs().get(0).trajectory().intervals().get(1);
    ControlRecord random = inTurn.runs().get(1).trajectory().intervals().get(1);
    assertEquals(constant.chosen().clipNorms()[0], constant.chosen().clipNorms()[1], 1e-12);
    assertTrue(random.chosen().clipNorms()[0] != random.chosen().clipNorms()[1]);
  }

  /** Steps lost with a resumed run would make it worse than the others it is compared with. */
  @Test
  void aRunThatBrokeOffIsMadeAnew() {
    StudyRunner breaking =
        (run, directory, steps) ->
            RUNNER.run(
                run,
                directory,
                step -> {
                  if (step == 3) {
                    throw new IllegalStateException("power cut");
                  }
                  steps.accept(step);
                });
    StudyResults broken = execute(breaking, "out", 2);
    assertEquals(4, broken.failed().size());
    assertEquals("IllegalStateException: power cut", broken.failed().get(0).error());
    StudyResults mended = execute("out", 2);
    assertEquals(List.of(), mended.failed());
    StudyResults undisturbed = execute("other", 2);
    for (int i = 0; i < 4; i++) {
      RunResult result = mended.runs().get(i);
      LedgerContents ledger =
          LedgerReader.read(
              dir.resolve("out/runs").resolve(result.run().name()).resolve("ledger.jsonl"));
      assertEquals(0, ledger.resumes());
      assertEquals(4, ledger.committed());
      assertTrue(ledger.epsilon(Accountant.pld()).upper() <= 8);
      assertEquals(undisturbed.runs().get(i).curve(), result.curve());
    }
  }
}
