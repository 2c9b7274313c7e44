package dev.sotto.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelledRecordsTest {
  private static final DataColumns PAIRS = DataColumns.text("a").withPair("b").withLabel("y");

  /** A word that stands for private content; no message may hold it. */
  private static final String SECRET = "Zanzibar";

  @TempDir Path dir;

  private Path file(String name, String content) throws IOException {
    return Files.writeString(dir.resolve(name), content);
  }

  private static RecordOptions options(Optional<Quoting> quoting, String... header) {
    return RecordOptions.DEFAULT.withTable(new TableLayout(quoting, List.of(header)));
  }

  private static TextRecord record(String text, String pair, String label, String place) {
    return new TextRecord(
        null, text, null, Optional.of(pair), Optional.of(new TextRecord.Label(label, place)));
  }

  @Test
  void readsPairsAndLabelsOfEveryFormat() throws IOException {
    Path csv = file("a.csv", "y,b,a\n 1 ,\"q, r\",p\n");
    assertEquals(
        List.of(record("p", "q, r", "1", csv + ": line 2, column 1")),
        RecordFiles.read(csv, PAIRS));
    Path tsv = file("a.tsv", "a\tb\ty\r\nit's \"so\tno\tyes\r\n");
    assertEquals(
        List.of(record("it's \"so", "no", "yes", tsv + ": line 2, column 3")),
        RecordFiles.read(tsv, PAIRS));
    String object = "{\"a\":\"p\",\"b\":\"q\",\"y\":%s}";
    Path lines =
        file(
            "a.jsonl",
            String.format(object, "1")
                + "\n"
                + String.format(object, "true")
                + "\n"
                + String.format(object, "4.25")
                + "\n"
                + String.format(object, "\" no\""));
    assertEquals(
        List.of("1", "true", "4.25", "no"),
        RecordFiles.read(lines, PAIRS).stream().map(r -> r.label().get().text()).toList());
    assertEquals(lines + ": line 4", RecordFiles.read(lines, PAIRS).get(3).label().get().place());
  }

  @Test
  void readsWithoutLabelsWhatIsToBeLabelled() throws IOException {
    Path csv = file("a.csv", "a,b\np,q\n");
    TextRecord record = RecordFiles.read(csv, DataColumns.text("a").withPair("b")).get(0);
    assertEquals(Optional.of("q"), record.pair());
    assertEquals(Optional.empty(), record.label());
  }

  @Test
  void takesQuotesAsTold() throws IOException {
    Path tsv = file("a.tsv", "a\tb\ty\n\"p\tp\"\tq\t1\n");
    assertEquals(
        "p\tp", RecordFiles.read(tsv, PAIRS, options(Optional.of(Quoting.CSV))).get(0).text());
    assertTrue(
        assertThrows(InputException.class, () -> RecordFiles.read(tsv, PAIRS))
            .getMessage()
            .endsWith("give --quoting csv"));
    Path csv = file("a.csv", "a,b,y\n\"p,q,1\n");
    assertEquals(
        "\"p", RecordFiles.read(csv, PAIRS, options(Optional.of(Quoting.NONE))).get(0).text());
    assertTrue(
        assertThrows(InputException.class, () -> RecordFiles.read(csv, PAIRS))
            .getMessage()
            .contains("give --quoting none"));
  }

  @Test
  void readsATableWhoseHeaderIsGiven() throws IOException {
    Path tsv = file("a.tsv", "p\tq\t1\nr\ts\t0\n");
    List<TextRecord> records =
        RecordFiles.read(tsv, PAIRS, options(Optional.empty(), "a", "b", "y"));
    assertEquals(List.of("p", "r"), records.stream().map(TextRecord::text).toList());
    assertTrue(
        assertThrows(
                InputException.class,
                () -> RecordFiles.read(tsv, PAIRS, options(Optional.empty(), "a", "b", "y", "z")))
            .getMessage()
            .contains("line 1: the row has 3 fields where there are to be 4"));
  }

  @Test
  void namesTheColumnsOfATable() throws IOException {
    assertEquals(
        List.of("a", "b"), RecordFiles.header(file("a.csv", "a, b\n"), RecordOptions.DEFAULT));
    assertEquals(List.of(), RecordFiles.header(file("e.tsv", ""), RecordOptions.DEFAULT));
    Path json = file("a.jsonl", "{}\n");
    assertThrows(InputException.class, () -> RecordFiles.header(json, RecordOptions.DEFAULT));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.csv | 'a,b\nZanzibar,q\n' | line 1: the header has no column 'y' among its 2",
        "a.tsv | 'a\ty\nZanzibar\t1\n' | line 1: the header has no column 'b' among its 2",
        "a.jsonl | '{\"a\":\"Zanzibar\",\"b\":\"q\"}' | line 1: has no field 'y'",
        "a.jsonl | '{\"a\":\"p\",\"b\":\"q\",\"y\":[\"Zanzibar\"]}' | field 'y' is not a string,"
            + " number or boolean",
        "a.jsonl | '{\"a\":\"p\",\"b\":7,\"y\":1}' | field 'b' is not a string; make it one",
        "a.txt | 'Zanzibar\n' | plain text has no column 'b'; use CSV, TSV or JSONL",
        "a.json | '[\"Zanzibar\"]' | plain text has no column 'b'"
      })
  void refusesInOneLineThatQuotesNothing(String name, String content, String message)
      throws IOException {
    Path file = file(name, content);
    InputException e = assertThrows(InputException.class, () -> RecordFiles.read(file, PAIRS));
    assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertFalse(e.getMessage().contains(SECRET), e.getMessage());
  }

  @Test
  void refusesColumnsThatContradict() {
    for (Runnable wrong :
        List.<Runnable>of(
            () -> DataColumns.text("a").withPair("a"),
            () -> DataColumns.text("a").withLabel("a"),
            () -> DataColumns.text("a").withPair("b").withLabel("b"),
            () -> DataColumns.text("a").withLabel(" "),
            () -> DataColumns.promptAndCompletion("p", "c").withLabel("y"),
            () -> DataColumns.promptAndCompletion("p", "c").withPair("q"))) {
      InputException e = assertThrows(InputException.class, wrong::run);
      assertTrue(e.getMessage().contains("; name "), e.getMessage());
    }
  }

  @Test
  void splitsByThePairAndNotByTheLabel() {
    List<TextRecord> records =
        IntStream.range(0, 400)
            .mapToObj(i -> record("same", "pair " + i, "label " + i, "here"))
            .toList();
    List<TextRecord> others =
        IntStream.range(0, 400)
            .mapToObj(i -> record("same", "pair " + i, "another " + i, "there"))
            .toList();
    List<Optional<String>> sides =
        Split.byUnit(records, 0.5, 0).train().stream().map(TextRecord::pair).toList();
    assertNotEquals(0, sides.size());
    assertNotEquals(400, sides.size());
    assertEquals(
        sides, Split.byUnit(others, 0.5, 0).train().stream().map(TextRecord::pair).toList());
  }

  @Test
  void printsNothingPrivate() {
    TextRecord record = record(SECRET, SECRET, SECRET, "here");
    assertFalse(record.toString().contains(SECRET));
    assertFalse(record.label().toString().contains(SECRET));
  }
}
