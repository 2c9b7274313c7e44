package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
