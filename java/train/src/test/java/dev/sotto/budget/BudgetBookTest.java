package dev.sotto.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.budget.BudgetFixture.Promise;
import dev.sotto.ledger.ChainHead;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The file: what is read back, and what damage is noticed. */
class BudgetBookTest {
  @TempDir Path dir;

  private final Promise promise = new Promise();

  @ParameterizedTest
  @ValueSource(strings = {SumRule.NAME, RenyiRule.NAME, StepsRule.NAME})
  void whatWasWrittenIsReadBack(String rule) {
    BudgetTerms terms = BudgetFixture.termsFor(rule);
    Path book = BudgetFixture.book(dir, terms);
    assertEquals(terms, BudgetBook.read(book).terms());
    BudgetFixture.whole(book, dir.resolve("a"), promise);
    BudgetFixture.begun(book, dir.resolve("b"), promise, 4);
    BookContents contents = BudgetBook.read(book);
    List<BookEntry> runs = List.copyOf(contents.runs().values());
    assertEquals(2, runs.size());
    assertTrue(runs.get(0).closed());
    assertFalse(runs.get(1).closed());
    assertEquals(runs.get(0).promised(), runs.get(1).counted());
    assertEquals(runs.get(0).counted().plus(runs.get(1).counted()), contents.counted());
  }

  @Test
  void everyChangedByteIsNoticed() throws IOException {
    Path book = withTwoRuns();
    byte[] written = Files.readAllBytes(book);
    for (int i = 0; i < written.length; i++) {
      byte[] changed = written.clone();
      changed[i] ^= 1;
      Files.write(book, changed);
      assertThrows(InputException.class, () -> BudgetBook.read(book), "byte " + i);
    }
  }

  /** A cut within the last line is noticed by the head too: that line had been honoured. */
  @Test
  void everyCutIsNoticed() throws IOException {
    Path book = withTwoRuns();
    byte[] written = Files.readAllBytes(book);
    for (int length = 0; length < written.length; length++) {
      Files.write(book, Arrays.copyOf(written, length));
      assertThrows(InputException.class, () -> BudgetBook.read(book), "cut to " + length);
    }
  }

  /** A crash in the middle of a line: nobody was told that it was admitted. */
  @Test
  void aLineThatACrashCutShortCountsForNothingAndIsWrittenOver() throws IOException {
    Path book = withTwoRuns();
    byte[] written = Files.readAllBytes(book);
    byte[] head = Files.readAllBytes(BookReader.head(book));
    BudgetFixture.begun(book, dir.resolve("c"), promise, 1);
    byte[] longer = Files.readAllBytes(book);
    for (int length = written.length; length < longer.length; length += 7) {
      Files.write(book, Arrays.copyOf(longer, length));
      Files.write(BookReader.head(book), head);
      assertEquals(2, BudgetBook.read(book).runs().size());
    }
    BudgetFixture.begun(book, dir.resolve("d"), promise, 1);
    assertEquals(3, BudgetBook.read(book).runs().size());
    // A whole line counts, although the crash came before the head.
    Files.write(book, longer);
    Files.write(BookReader.head(book), head);
    assertEquals(3, BudgetBook.read(book).runs().size());
    BudgetFixture.begun(book, dir.resolve("e"), promise, 1);
    assertEquals(4, BudgetBook.read(book).runs().size());
  }

  @Test
  void aBookWithoutItsHeadsIsRefused() throws IOException {
    Path book = withTwoRuns();
    Path copy = Files.copy(book, dir.resolve("copy.jsonl"));
    refused(copy, "copy.jsonl.heads", "missing");
    Files.write(BookReader.head(book), new byte[] {1, 2, 3});
    refused(book, "damaged");
    Files.delete(BookReader.head(book));
    refused(book, "missing");
  }

  @Test
  void linksLeadToTheOneBook() throws IOException {
    Path book = withTwoRuns();
    Path link = Files.createSymbolicLink(dir.resolve("link.jsonl"), book);
    BudgetFixture.begun(link, dir.resolve("c"), promise, 1);
    assertEquals(3, BudgetBook.read(book).runs().size());
    assertFalse(Files.exists(BookReader.heads(link)));
  }

  @Test
  void whatIsThereIsNotWrittenOver() throws IOException {
    Path file = Files.writeString(dir.resolve("notes.csv"), "text\n");
    BudgetTerms terms = BudgetFixture.termsFor(SumRule.NAME);
    InputException e = assertThrows(InputException.class, () -> BudgetBook.create(file, terms));
    assertTrue(e.getMessage().contains("exists already"), e.getMessage());
    assertFalse(Files.exists(BookReader.heads(file)));
    refused(file, "is no budget book");
    refused(dir.resolve("nowhere.jsonl"), "no such budget book");
  }

  /** Numbers that would take the memory of the machine to add up, and other nonsense. */
  @Test
  void linesThatNoBookHasAreRefused() throws IOException {
    for (String line :
        List.of(
            "",
            "[]",
            "{}",
            "7",
            "\u0000",
            "{\"line\":1}",
            "{\"line\":1e999999999}",
            "{\"line\":1,\"previous\":\"0\"}",
            header("{}"),
            header("null"),
            header(terms("1e999999999", "1e-6", "{\"name\":\"sum\"}")),
            header(terms("1", "2", "{\"name\":\"sum\"}")),
            header(terms("1", "1e-6", "{\"name\":\"other\"}")),
            header(terms("1", "1e-6", "{\"name\":\"renyi\",\"order\":1}")),
            header(terms("1", "1e-6", "{\"name\":\"renyi\"}")),
            header(
                terms(
                    "1",
                    "1e-6",
                    "{\"name\":\"steps\",\"samplingProbability\":2,"
                        + "\"noiseMultiplier\":1,\"steps\":5}")))) {
      Path book = dir.resolve("book.jsonl");
      Files.createDirectories(BookReader.heads(book));
      Files.write(BookReader.head(book), new ChainHead(0, "0".repeat(64)).bytes());
      Files.writeString(book, line + "\n");
      InputException e = assertThrows(InputException.class, () -> BudgetBook.read(book), line);
      assertFalse(e.getMessage().contains("\n"), e.getMessage());
    }
    PrivacyCost cost = new PrivacyCost(Map.of("epsilon", BigDecimal.ONE));
    assertThrows(
        IllegalArgumentException.class,
        () -> new PrivacyCost(Map.of("epsilon", new BigDecimal("1e99999999"))));
    assertThrows(
        IllegalArgumentException.class,
        () -> cost.plus(new PrivacyCost(Map.of("steps", BigDecimal.ONE))));
  }

  private static String header(String terms) {
    return "{\"line\":1,\"kind\":\"book\",\"previous\":\""
        + "0".repeat(64)
        + "\",\"version\":1,\"terms\":"
        + terms
        + "}";
  }

  private static String terms(String epsilon, String delta, String rule) {
    return "{\"book\":\"b\",\"dataSet\":\"d\",\"privacyUnit\":\"record\","
        + "\"neighbouringRelation\":\"ADD_OR_REMOVE_ONE\",\"epsilon\":"
        + epsilon
        + ",\"delta\":"
        + delta
        + ",\"rule\":"
        + rule
        + "}";
  }

  /** Its last line is a reservation. */
  private Path withTwoRuns() {
    Path book = BudgetFixture.book(dir, BudgetFixture.termsFor(SumRule.NAME));
    BudgetFixture.whole(book, dir.resolve("a"), promise);
    BudgetFixture.begun(book, dir.resolve("b"), promise, 4);
    return book;
  }

  private static void refused(Path book, String... words) {
    InputException e = assertThrows(InputException.class, () -> BudgetBook.read(book));
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), e.getMessage());
    }
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }
}
