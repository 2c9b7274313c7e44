package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills runs at many random moments, with a resume after each, and writes a line a kill; the first
 * thing that does not hold fails it. Not among the tests of a build: {@code kill-marathon.sh} runs
 * it.
 */
class KillMarathon {
  private static final int STEPS = 80;

  private final int kills = Integer.getInteger("sotto.kills", 500);
  private final Random random = new Random(Long.getLong("sotto.kills.seed", 1));
  private final Map<String, Integer> moments = new TreeMap<>();
  private final Map<KillSeries.Kind, Integer> runs = new EnumMap<>(KillSeries.Kind.class);
  private int copies;
  private int done;

  @TempDir Path dir;

  @Test
  void nothingIsLostHoweverOftenRunsAreKilled() throws Exception {
    Path log = Path.of(System.getProperty("sotto.kills.log", "kills.csv"));
    try (PrintStream out = new PrintStream(log.toFile(), StandardCharsets.UTF_8)) {
      out.println("kill,run,kind,moment,released,charged");
      for (int run = 0; done < kills; run++) {
        killAgainAndAgain(run, out);
      }
      out.println("# kills by moment " + moments + ", finished runs by kind " + runs);
      out.println(
          "# second copies resumed: "
              + copies
              + ", all refused; no step was released twice or without a charge; every ledger and"
              + " budget book opened; every adapter loaded");
    }
    assertEquals(kills, done);
  }

  private void killAgainAndAgain(int run, PrintStream out) throws Exception {
    KillSeries.Kind[] kinds = KillSeries.Kind.values();
    KillSeries.Kind kind = kinds[run % kinds.length];
    Path own = Files.createDirectory(dir.resolve("run" + run));
    KillSeries series = new KillSeries(own, kind, STEPS, random);
    while (done < kills && !series.finished()) {
      KillSeries.Kill kill = series.kill();
      if (!kill.moment().equals("late")) {
        done++;
        moments.merge(kill.moment(), 1, Integer::sum);
        out.printf(
            "%d,%d,%s,%s,%d,%d%n", done, run, kind, kill.moment(), kill.released(), kill.charged());
      }
      if (kill.charged() > STEPS / 2 && run % 3 == 0 && !series.finished()) {
        series.copyAndResumeBoth(own.resolve("copy"));
        copies++;
      }
    }
    series.finish();
    runs.merge(kind, 1, Integer::sum);
    delete(own);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(file);
      }
    }
  }
}
