package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanPageTest {
  @TempDir Path dir;

  private String page(String options) throws IOException {
    Path file = dir.resolve("plan.html");
    CommandRun run = CommandRun.of(("plan " + options + " --json --html " + file).split(" "));
    assertEquals(file.toString(), run.json().get("page").asText());
    return Files.readString(file);
  }

  private static int pictures(String page) {
    return page.split("<svg", -1).length - 1;
  }

  @Test
  void showsWhatEachNumberWouldChange() throws IOException {
    String page =
        page("--epsilon 3 --units 4000 --batch-size 64 --steps 40 --parameters 1000 --delta 1e-5");
    assertEquals(6, pictures(page));
    assertTrue(page.contains("<title>planned, ε 3: "), page);
    assertTrue(page.contains("<title>planned, steps 40: 3</title>"), page);
    assertTrue(page.contains("<title>planned, expected batch 64: 3</title>"), page);
    assertTrue(page.contains("<title>at most, false positives 0.01: "), page);
    assertFalse(page.contains("<script"), page);
  }

  @Test
  void saysNothingOfABatchThatNobodyKnows() throws IOException {
    String page = page("--epsilon 3 --sampling-rate 0.5 --steps 4 --delta 1e-5");
    assertEquals(5, pictures(page));
    assertFalse(page.contains("expected batch"), page);
    // Three times half of the data is more than all of it.
    assertTrue(page.contains("<title>ε, sampling rate 1: "), page);
    assertFalse(page.contains("sampling rate 1.5"), page);
  }

  @Test
  void drawsOtherNoiseToo() throws IOException {
    String page =
        page(
            "--epsilon 3 --sampling-rate 0.05 --steps 4 --delta 1e-5 --parameters 10 --mechanism"
                + " laplace");
    assertEquals(4, pictures(page));
  }

  @Test
  void timesAModelOnMadeUpRecords() throws IOException {
    Path model = PretrainedModel.in(dir);
    String options = "--epsilon 3 --units 4000 --batch-size 64 --steps 40 --model " + model;
    Path file = dir.resolve("timed.html");
    CommandRun run =
        CommandRun.of(("plan --json " + options + " --max-length 16 --html " + file).split(" "));
    JsonNode timed = run.json();
    double unit = timed.get("seconds_a_unit").asDouble();
    assertTrue(unit > 0);
    assertEquals(64 * 40 * unit, timed.get("nominal_seconds").asDouble(), 1e-9 * 64 * 40 * unit);
    assertTrue(timed.get("unit_signal_to_noise").asDouble() > 0, "d is that of the adapter");
    String page = Files.readString(file);
    assertTrue(page.contains("<title>planned, expected batch 64: "), page);
    assertTrue(page.contains("Hours by batch"), page);
    assertEquals(7, pictures(page));
    refused(options + " --max-length 100000", "--max-length 100000 exceeds");
    refused("--epsilon 3 --sampling-rate 0.1 --steps 4 --delta 1e-5 --model " + model, "--units");
    refused("--epsilon 3 --units 4000 --batch-size 64 --max-length 16", "goes with --model");
  }

  private static void refused(String options, String words) {
    CommandRun.of(("plan " + options).split(" ")).refused(words);
  }

  @Test
  void aPageThatCannotBeWrittenIsRefused() {
    Path nowhere = dir.resolve("none/plan.html");
    CommandRun run =
        CommandRun.of(
            "plan",
            "--epsilon",
            "3",
            "--sampling-rate",
            "0.5",
            "--steps",
            "4",
            "--delta",
            "1e-5",
            "--html",
            nowhere.toString());
    assertEquals(2, run.code());
    assertTrue(run.err().contains(nowhere.getParent().toString()), run.err());
    assertEquals("", run.out());
  }
}
