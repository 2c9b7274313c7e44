package dev.sotto.ledger;

import static dev.sotto.ledger.LedgerFixture.EVENT;
import static dev.sotto.ledger.LedgerFixture.HEADER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which run a ledger is of, who went on with it, and which files it paid for. */
class LedgerIdentityTest {
  private static final Map<String, String> RELEASE = Map.of(LedgerContents.ADAPTER, "a".repeat(64));

  @TempDir Path dir;
  private Path file;

  @BeforeEach
  void name() {
    file = dir.resolve("ledger.jsonl");
  }

  @Test
  void everyRunHasAnIdAndEveryStartANonce() {
    Set<String> seen = new HashSet<>();
    String runId;
    try (Ledger ledger = Ledger.create(file, HEADER)) {
      runId = ledger.runId();
      seen.add(runId);
      seen.addAll(ledger.nonces());
    }
    for (int resume = 1; resume <= 3; resume++) {
      try (Ledger ledger = Ledger.resume(file, HEADER)) {
        assertEquals(runId, ledger.runId());
        assertEquals(resume + 1, ledger.nonces().size());
        seen.addAll(ledger.nonces());
        assertEquals(ledger.nonces(), LedgerReader.read(file).nonces(), "on disk at once");
      }
    }
    assertEquals(5, seen.size());
    assertEquals(runId, LedgerReader.read(file).runId());
    assertEquals(3, LedgerReader.read(file).resumes());
    try (Ledger other = Ledger.create(newRun("other"), HEADER)) {
      assertTrue(seen.add(other.runId()));
      assertTrue(seen.add(other.nonces().get(0)));
    }
  }

  @Test
  void theClosingLineNamesTheReleaseAndTheStateItBelongsTo() {
    String before;
    try (Ledger ledger = Ledger.create(file, HEADER)) {
      LedgerFixture.steps(ledger, 1, 2);
      before = LedgerReader.verify(file).lastHash();
      ledger.seal(RELEASE);
      assertEquals(List.of(RELEASE), LedgerReader.read(file).releases(), "on disk at once");
      assertThrows(IllegalStateException.class, () -> ledger.reserve(3, EVENT));
    }
    List<String> lines = LedgerFixture.lines(file);
    String closing = lines.get(lines.size() - 1);
    assertTrue(closing.contains("\"kind\":\"closing\""), closing);
    assertTrue(closing.contains("\"previous\":\"" + before + "\""), closing);
    assertEquals(2, LedgerReader.read(file).chargedSteps());
    try (Ledger ledger = Ledger.resume(file, HEADER)) {
      LedgerFixture.steps(ledger, 3, 3);
      ledger.seal(RELEASE);
    }
    assertEquals(List.of(RELEASE, RELEASE), LedgerReader.read(file).releases());
    assertThrows(
        IllegalArgumentException.class,
        () -> Ledger.create(newRun("other"), HEADER).seal(Map.of("report.md", "a".repeat(64))));
  }

  @Test
  void linesThatNameNoIdentityAreNotUnderstood() {
    try (Ledger ledger = Ledger.create(file, HEADER)) {
      ledger.seal(RELEASE);
    }
    byte[] good = LedgerFixture.bytes(file);
    Map<String, String> edits =
        Map.of(
            "\"run\":",
            "\"ran\":",
            "\"nonce\":",
            "\"once\":",
            "\"inputs\":{",
            "\"inputs\":null,\"x\":{",
            "\"version\":4",
            "\"version\":3",
            "a".repeat(64),
            "A".repeat(64),
            "\"" + LedgerContents.ADAPTER + "\":",
            "\"adapter\":");
    edits.forEach(
        (part, edit) -> {
          String text = new String(good, java.nio.charset.StandardCharsets.UTF_8);
          assertTrue(text.contains(part), part);
          LedgerFixture.rechain(file, text.replace(part, edit).lines().toList());
          assertThrows(LedgerCorruptException.class, () -> LedgerReader.read(file), part);
        });
    LedgerFixture.rechain(file, LedgerFixture.lines(file));
    LedgerFixture.write(file, good);
  }

  @Test
  void theHeadIsKeptElsewhereBeforeAnyNoiseIsDrawn() {
    List<ChainHead> kept = new ArrayList<>();
    try (Ledger ledger = Ledger.create(file, HEADER)) {
      ledger.keepHead(kept::add);
      assertEquals(1, kept.get(0).lines());
      ledger.reserve(1, EVENT);
      assertEquals(2, kept.size());
      assertEquals(1, LedgerReader.readBeyond(file, kept.get(1)).chargedSteps());
      ledger.commit(1);
      ledger.keepHead(
          head -> {
            if (head.lines() > 4) {
              throw new InputException("cannot be kept");
            }
          });
      assertThrows(InputException.class, () -> ledger.reserve(2, EVENT));
    }
    // Charged, and not released: the safe side.
    assertEquals(2, LedgerReader.readBeyond(file, kept.get(1)).chargedSteps());
    ChainHead other = new ChainHead(kept.get(1).lines(), "0".repeat(64));
    assertThrows(InputException.class, () -> LedgerReader.readBeyond(file, other));
    ChainHead beyond = new ChainHead(100, kept.get(1).hash());
    assertThrows(InputException.class, () -> LedgerReader.readBeyond(file, beyond));
  }

  @Test
  void copiesOfARunThatWereBothGoneOnWithDiffer() throws IOException {
    LedgerFixture.written(dir, 3);
    Path copy = newRun("copy");
    Files.copy(file, copy);
    Files.copy(LedgerReader.head(file), LedgerReader.head(copy));
    for (Path ledger : List.of(file, copy)) {
      try (Ledger resumed = Ledger.resume(ledger, HEADER)) {
        LedgerFixture.steps(resumed, 4, 5);
      }
    }
    LedgerContents one = LedgerReader.read(file);
    LedgerContents other = LedgerReader.read(copy);
    assertEquals(one.runId(), other.runId());
    assertEquals(one.charges(), other.charges());
    assertEquals(one.nonces().get(0), other.nonces().get(0));
    assertNotEquals(one.nonces().get(1), other.nonces().get(1));
  }

  @Test
  void resumeRefusesOtherInputsAndNamesThem() {
    LedgerFixture.written(dir, 2);
    assertRefused("base model", new LedgerHeader.Inputs("0".repeat(64), "2".repeat(64), null));
    assertRefused("settings", new LedgerHeader.Inputs("2".repeat(64), "1".repeat(64), null));
    assertRefused(
        "starting adapter",
        new LedgerHeader.Inputs("0".repeat(64), "1".repeat(64), "2".repeat(64)));
  }

  private void assertRefused(String what, LedgerHeader.Inputs inputs) {
    InputException e =
        assertThrows(
            InputException.class,
            () -> Ledger.resume(file, LedgerFixture.header(HEADER.sampling().steps(), inputs)));
    assertTrue(e.getMessage().contains("other bytes of the " + what), e.getMessage());
    assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
  }

  private Path newRun(String name) {
    try {
      return Files.createDirectories(dir.resolve(name)).resolve("ledger.jsonl");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
