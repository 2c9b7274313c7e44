package dev.sotto.ledger;

import static dev.sotto.ledger.LedgerFixture.EVENT;
import static dev.sotto.ledger.LedgerFixture.HEADER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every change to a written ledger is noticed; a line torn by a crash is not a change and costs no
 * charge.
 */
class LedgerCorruptionTest {
  private static final int WRITTEN = 4;

  @TempDir Path dir;

  @Test
  void everyFlippedBitIsNoticed() {
    Path file = LedgerFixture.written(dir, WRITTEN);
    byte[] good = LedgerFixture.bytes(file);
    Random random = new Random(1);
    for (int i = 0; i < good.length; i += 1 + random.nextInt(7)) {
      byte[] bad = good.clone();
      bad[i] ^= (byte) (1 << random.nextInt(8));
      LedgerFixture.write(file, bad);
      assertCorrupt(file, "byte " + i + " from " + good[i] + " to " + bad[i]);
    }
    LedgerFixture.write(file, good);
    assertEquals(WRITTEN, LedgerReader.read(file).chargedSteps());
  }

  @Test
  void missingRepeatedAndSwappedLinesAreNoticed() {
    Path file = LedgerFixture.written(dir, WRITTEN);
    List<String> good = LedgerFixture.lines(file);
    for (int i = 0; i < good.size(); i++) {
      List<String> missing = new ArrayList<>(good);
      missing.remove(i);
      LedgerFixture.writeLines(file, missing);
      assertCorrupt(file, "line " + (i + 1) + " missing");
      List<String> repeated = new ArrayList<>(good);
      repeated.add(i, good.get(i));
      LedgerFixture.writeLines(file, repeated);
      assertCorrupt(file, "line " + (i + 1) + " repeated");
      if (i > 0) {
        List<String> swapped = new ArrayList<>(good);
        Collections.swap(swapped, i, i - 1);
        LedgerFixture.writeLines(file, swapped);
        assertCorrupt(file, "lines " + i + " and " + (i + 1) + " swapped");
      }
    }
  }

  @Test
  void anEditedNumberIsNoticedAtTheNextLine() {
    Path file = LedgerFixture.written(dir, WRITTEN);
    List<String> lines = new ArrayList<>(LedgerFixture.lines(file));
    assertTrue(lines.get(0).contains("\"steps\":20"));
    lines.set(0, lines.get(0).replace("\"steps\":20", "\"steps\":99"));
    LedgerFixture.writeLines(file, lines);
    LedgerCorruptException e =
        assertThrows(LedgerCorruptException.class, () -> LedgerReader.read(file));
    assertTrue(e.getMessage().startsWith(file + ": line 2: "), e.getMessage());
  }

  @Test
  void cutOffLinesAreNoticedByTheHead() {
    Path file = LedgerFixture.written(dir, WRITTEN);
    List<String> good = LedgerFixture.lines(file);
    for (int kept = 1; kept < good.size(); kept++) {
      LedgerFixture.writeLines(file, good.subList(0, kept));
      assertCorrupt(file, kept + " lines kept");
    }
  }

  @Test
  void aForgedContinuationIsNoticedByTheHead() {
    Path file = LedgerFixture.written(dir, WRITTEN);
    Path other = dir.resolve("other");
    other.toFile().mkdir();
    Path longer = LedgerFixture.written(other, WRITTEN + 1);
    List<String> forged = new ArrayList<>(LedgerFixture.lines(longer));
    assertTrue(forged.get(0).contains("\"units\":1000"));
    // The same steps under another promise, correctly chained: only the head tells them apart.
    try (Ledger ledger =
        Ledger.create(dir.resolve("forged.jsonl"), LedgerFixture.header(30, 0.9))) {
      LedgerFixture.steps(ledger, 1, WRITTEN + 1);
    }
    byte[] head = LedgerFixture.bytes(LedgerReader.head(longer));
    LedgerFixture.write(LedgerReader.head(file), head);
    LedgerFixture.write(file, LedgerFixture.bytes(dir.resolve("forged.jsonl")));
    assertCorrupt(file, "another ledger of the same length");
  }

  @Test
  void aMissingOrDamagedHeadIsNoticed() throws IOException {
    Path file = LedgerFixture.written(dir, WRITTEN);
    Path head = LedgerReader.head(file);
    byte[] good = LedgerFixture.bytes(head);
    for (int i = 0; i < 85; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 1;
      LedgerFixture.write(head, bad);
      assertCorrupt(file, "byte " + i + " of the head");
    }
    LedgerFixture.write(head, new byte[0]);
    assertCorrupt(file, "empty head");
    Files.delete(head);
    assertCorrupt(file, "no head");
    assertThrows(LedgerCorruptException.class, () -> Ledger.resume(file, HEADER));
  }

  @Test
  void anEmptyLedgerSaysNothing() {
    Path file = LedgerFixture.written(dir, WRITTEN);
    LedgerFixture.write(file, new byte[0]);
    assertCorrupt(file, "empty");
    assertThrows(LedgerCorruptException.class, () -> Ledger.resume(file, HEADER), "it was emptied");
    LedgerFixture.write(file, "\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertCorrupt(file, "an empty line");
  }

  @Test
  void aTornLineNeverLosesACharge() {
    Path file = dir.resolve("ledger.jsonl");
    try (Ledger ledger = Ledger.create(file, HEADER)) {
      LedgerFixture.steps(ledger, 1, 1);
    }
    try (Ledger ledger = Ledger.resume(file, HEADER)) {
      ledger.reserve(2, LedgerFixture.event(LedgerFixture.Q / 2, 2 * LedgerFixture.Z));
      ledger.commit(2);
      LedgerFixture.steps(ledger, 3, 3);
    }
    byte[] whole = LedgerFixture.bytes(file);
    int header = LedgerFixture.lines(file).get(0).length() + 1;
    for (int cut = header; cut <= whole.length; cut++) {
      byte[] content = Arrays.copyOf(whole, cut);
      int complete = completeReservations(content);
      LedgerFixture.write(file, content);
      LedgerFixture.write(LedgerReader.head(file), LedgerFixture.headOf(content));
      LedgerContents read = LedgerReader.read(file);
      String where = "cut at " + cut + " of " + whole.length;
      assertTrue(read.chargedSteps() >= complete, where);
      assertTrue(read.chargedSteps() <= complete + 1, where);
      if (!nearALineEnd(whole, cut) && cut % 83 != 0) {
        continue; // resuming forces the disk, which is slow: the interesting places and some more
      }
      try (Ledger ledger = Ledger.resume(file, HEADER)) {
        assertEquals(read.chargedSteps(), ledger.chargedSteps(), where);
        ledger.reserve(ledger.chargedSteps() + 1, EVENT);
      }
      LedgerContents resumed = LedgerReader.read(file);
      assertEquals(read.chargedSteps() + 1, resumed.chargedSteps(), where);
      assertEquals(read.charges(), resumed.charges().subList(0, read.charges().size()), where);
    }
  }

  @Test
  void aTornReservationIsChargedAsTheEventDeclaredForIt() {
    Path file = dir.resolve("ledger.jsonl");
    var dearer = EVENT;
    var cheaper = LedgerFixture.event(LedgerFixture.Q / 4, 3 * LedgerFixture.Z);
    try (Ledger ledger = Ledger.create(file, HEADER)) {
      ledger.reserve(1, cheaper);
      ledger.commit(1);
      ledger.reserve(2, dearer);
    }
    byte[] whole = LedgerFixture.bytes(file);
    byte[] torn = Arrays.copyOf(whole, whole.length - 3);
    LedgerFixture.write(file, torn);
    LedgerFixture.write(LedgerReader.head(file), LedgerFixture.headOf(torn));
    assertEquals(List.of(cheaper, dearer), LedgerReader.read(file).charges());
  }

  @Test
  void aTornLineAfterTheLastStepIsNoCharge() {
    Path file = LedgerFixture.written(dir, LedgerFixture.STEPS);
    byte[] head = LedgerFixture.bytes(LedgerReader.head(file));
    Ledger.resume(file, HEADER).close();
    byte[] whole = LedgerFixture.bytes(file);
    LedgerFixture.write(file, Arrays.copyOf(whole, whole.length - 1));
    LedgerFixture.write(LedgerReader.head(file), head);
    assertEquals(LedgerFixture.STEPS, LedgerReader.read(file).chargedSteps());
    Ledger.resume(file, HEADER).close();
    assertEquals(LedgerFixture.STEPS, LedgerReader.read(file).chargedSteps());
  }

  @Test
  void aLedgerKilledInItsFirstLineIsBegunAgain() {
    Path file = LedgerFixture.written(dir, 0);
    byte[] whole = LedgerFixture.bytes(file);
    for (int cut : new int[] {0, 1, whole.length / 2, whole.length - 1}) {
      LedgerFixture.write(file, Arrays.copyOf(whole, cut));
      LedgerFixture.write(
          LedgerReader.head(file), new ChainHead(0, LedgerLine.NOTHING_BEFORE).bytes());
      assertThrows(LedgerCorruptException.class, () -> LedgerReader.read(file));
      try (Ledger ledger = Ledger.resume(file, HEADER)) {
        LedgerFixture.steps(ledger, 1, 1);
      }
      assertEquals(1, LedgerReader.read(file).chargedSteps());
    }
  }

  private static boolean nearALineEnd(byte[] whole, int cut) {
    return cut == whole.length || whole[cut] == '\n' || whole[cut - 1] == '\n';
  }

  private static int completeReservations(byte[] content) {
    String text = new String(content, java.nio.charset.StandardCharsets.UTF_8);
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    return (int) whole.lines().filter(line -> line.contains("\"kind\":\"reserve\"")).count();
  }

  private static void assertCorrupt(Path file, String what) {
    InputException e =
        assertThrows(LedgerCorruptException.class, () -> LedgerReader.read(file), what);
    assertTrue(
        e.getMessage()
            .matches("(?s)" + java.util.regex.Pattern.quote(file.toString()) + ": line \\d+: .*"),
        e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), what);
  }
}
