package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.trainer.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 at random moments, again and again, then to the end: no release is ever missing from the
 * ledger.
 */
class KillTest {
  private static final int RUNS = 2;
  private static final int KILLS = 8;
  private static final int STEPS = 150;

  @TempDir Path dir;

  @Test
  void everyReleaseIsChargedHoweverOftenTheRunIsKilled() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(RUNS);
    List<Future<?>> results = new ArrayList<>();
    for (int run = 0; run < RUNS; run++) {
      Path own = Files.createDirectory(dir.resolve("run" + run));
      Random random = new Random(20 + run);
      String mechanism = run == 0 ? "gaussian" : "lmo";
      results.add(threads.submit(() -> killAgainAndAgain(Runs.in(own), mechanism, random)));
    }
    threads.shutdown();
    for (Future<?> result : results) {
      result.get();
    }
  }

  private static Void killAgainAndAgain(Runs runs, String mechanism, Random random)
      throws Exception {
    long charged = 0;
    int killedInTraining = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      Process child = start(runs, mechanism);
      if (kill % 4 == 3) {
        // While it starts, reads, plans, verifies or takes over the ledger.
        Thread.sleep(200 + random.nextInt(800));
        kill(child);
      }
      long done = killAtARandomMoment(child, random);
      Path file = runs.output.resolve("ledger.jsonl");
      if (Files.exists(file) && Files.size(file) > 0) {
        LedgerContents ledger = LedgerReader.read(file);
        assertTrue(
            ledger.chargedSteps() >= done,
            ledger.chargedSteps() + " steps are charged, but " + done + " were released");
        assertTrue(ledger.chargedSteps() >= charged, "a charge was lost");
        killedInTraining +=
            ledger.chargedSteps() > charged && ledger.chargedSteps() < STEPS ? 1 : 0;
        charged = ledger.chargedSteps();
      }
    }
    assertTrue(killedInTraining >= KILLS / 2, "too few kills hit training: " + killedInTraining);
    String last = ChildJvm.output(start(runs, mechanism));
    assertTrue(last.contains("finished " + STEPS), last);
    assertEquals(STEPS, LedgerReader.read(runs.output.resolve("ledger.jsonl")).chargedSteps());
    assertTrue(Files.exists(runs.output.resolve("adapter_model.safetensors")));
    return null;
  }

  private static Process start(Runs runs, String mechanism) throws IOException {
    return ChildJvm.start(
        List.of(),
        KilledRun.class,
        runs.model.toString(),
        runs.train.toString(),
        runs.output.toString(),
        Integer.toString(STEPS),
        mechanism);
  }

  /** SIGKILL, which unlike {@link Process#destroyForcibly} leaves what it said to be read. */
  private static void kill(Process child) {
    child.toHandle().destroyForcibly();
  }

  /**
   * Lets it release a few steps, waits a random number of microseconds, and returns the last step
   * it reported.
   */
  private static long killAtARandomMoment(Process child, Random random)
      throws IOException, InterruptedException {
    long steps = random.nextInt(12);
    long done = 0;
    try (BufferedReader out = child.inputReader()) {
      String line = out.readLine();
      for (long seen = 0; line != null; line = out.readLine()) {
        if (line.startsWith("step ")) {
          done = Long.parseLong(line.substring("step ".length()));
          if (++seen == steps + 1) {
            long until = System.nanoTime() + random.nextInt(3_000_000);
            while (System.nanoTime() < until) {
              Thread.onSpinWait();
            }
            kill(child);
          }
        } else {
          assertTrue(!line.contains("Exception"), line);
        }
      }
    }
    child.waitFor();
    return done;
  }
}
