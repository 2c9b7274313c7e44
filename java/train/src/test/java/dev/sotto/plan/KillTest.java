package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertTrue;

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
 * ledger or the budget book. A sample of what {@link KillMarathon} does 500 times.
 */
class KillTest {
  private static final int STEPS = 60;
  private static final int KILLS_EACH = 4;

  @TempDir Path dir;

  @Test
  void everyReleaseIsChargedHoweverOftenTheRunIsKilled() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    List<Future<Integer>> results = new ArrayList<>();
    for (KillSeries.Kind kind : KillSeries.Kind.values()) {
      Path own = Files.createDirectory(dir.resolve(kind.name()));
      results.add(threads.submit(() -> killAgainAndAgain(own, kind)));
    }
    threads.shutdown();
    int inTraining = 0;
    for (Future<Integer> result : results) {
      inTraining += result.get();
    }
    assertTrue(inTraining >= 4, "too few kills hit training: " + inTraining);
  }

  private static int killAgainAndAgain(Path own, KillSeries.Kind kind) throws Exception {
    KillSeries series = new KillSeries(own, kind, STEPS, new Random(20 + kind.ordinal()));
    int inTraining = 0;
    for (int kill = 0; kill < KILLS_EACH && !series.finished(); kill++) {
      inTraining += series.kill().moment().equals("training") ? 1 : 0;
    }
    if (kind == KillSeries.Kind.GAUSSIAN && !series.finished()) {
      series.copyAndResumeBoth(own.resolve("copy"));
    } else {
      series.finish();
    }
    return inTraining;
  }
}
