package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.data.DataColumns;
import dev.sotto.fixtures.TinyModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A dry run checks what a run checks, and leaves the disk as it was. */
class DryRunTest {
  @TempDir Path dir;
  private Runs runs;

  @BeforeEach
  void prepare() {
    runs = Runs.in(dir);
    runs.validation = TinyModel.publicRecords(dir.resolve("public.csv"), 5);
  }

  private DryRun dryRun() throws IOException {
    Map<String, Long> before = files();
    DryRun run = new FinetuneRun(runs.options(), FinetuneProgress.SILENT).dryRun();
    assertEquals(before, files(), "something was written");
    return run;
  }

  /** Sizes and times of all files and directories. */
  private Map<String, Long> files() throws IOException {
    Map<String, Long> found = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(dir)) {
      walk.forEach(
          file -> {
            try {
              long time = Files.getLastModifiedTime(file).toMillis();
              found.put(file.toString(), time + (Files.isDirectory(file) ? 0 : Files.size(file)));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
    return found;
  }

  @Test
  void saysWhatTheRunThenIs() throws IOException {
    DryRun dry = dryRun();
    assertTrue(dry.secondsAStep() > 0);
    assertTrue(dry.peakMemory() > 1 << 20);
    assertEquals(Runs.RECORDS, dry.counts().units());
    assertEquals(0, dry.counts().nothingToLearn());
    assertTrue(dry.counts().tokens() > dry.counts().targets());
    assertFalse(dry.counts().toString().contains(Long.toString(dry.counts().tokens())));
    List<Account> accounts = new ArrayList<>();
    FinetuneResult result =
        runs.run(
            new FinetuneProgress() {
              @Override
              public void planned(FinetuneSummary summary, Account account) {
                assertEquals(dry.summary(), summary);
                accounts.add(account);
              }
            });
    assertEquals(
        ((Account.Proven) accounts.get(0)).noise(), ((Account.Proven) dry.account()).noise());
    assertTrue(result.epsilon() <= ((Account.Proven) dry.account()).epsilon());
  }

  @Test
  void countsWhatAUnitLoses() throws IOException {
    runs.columns = DataColumns.text("text").withUnit("who");
    runs.train =
        Files.writeString(
            dir.resolve("who.csv"), "who,text\n" + "x,a b c d\n".repeat(9) + "y,a\n" + "z,b\n");
    runs.batchSize = 1;
    runs.privacy = null;
    DryRun dry = dryRun();
    assertEquals(new Account.None(), dry.account());
    assertEquals(3, dry.counts().units());
    assertEquals(4 + 1 + 1, dry.counts().sequences(), "four are kept of one unit");
  }

  @Test
  void aControlledRunCanBeTriedToo() throws IOException {
    runs.privacy = Privacy.epsilon(8).with(Privacy.DELTA, 1e-5);
    runs.control = Runs.control("rldp", 2);
    Account.Proven account = (Account.Proven) dryRun().account();
    assertEquals("rldp", account.noise().control().orElseThrow().controller());
  }

  @Test
  void refusesWhatTheRunRefuses() throws IOException {
    Files.createDirectories(runs.output);
    Files.writeString(runs.output.resolve("something"), "here");
    assertTrue(refusal().contains("not empty"));
    runs.output = dir.resolve("fresh");
    Path good = runs.train;
    runs.train = Files.writeString(dir.resolve("bad.csv"), "text\n\"a");
    assertTrue(refusal().contains("bad.csv"));
    runs.train = good;
    runs.validation = good;
    assertTrue(refusal().contains("same file"));
    assertFalse(Files.exists(runs.output));
  }

  private String refusal() {
    return assertThrows(
            InputException.class,
            () -> new FinetuneRun(runs.options(), FinetuneProgress.SILENT).dryRun())
        .getMessage();
  }
}
