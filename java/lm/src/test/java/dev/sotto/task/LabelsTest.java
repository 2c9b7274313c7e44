package dev.sotto.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.data.DataColumns;
import dev.sotto.data.TextRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabelsTest {
  /** A word that stands for private content; no message may hold it. */
  private static final String SECRET = "Zanzibar";

  @TempDir Path dir;

  static List<TextRecord> labelled(String... labels) {
    return IntStream.range(0, labels.length)
        .mapToObj(
            i ->
                new TextRecord(
                    null,
                    "text",
                    null,
                    Optional.empty(),
                    Optional.of(
                        new TextRecord.Label(
                            DataColumns.compared(labels[i]), "f.csv: line " + (i + 2)))))
        .toList();
  }

  static String refusal(Executable wrong) {
    String message = assertThrows(InputException.class, wrong).getMessage();
    assertFalse(message.contains(SECRET), message);
    assertEquals(1, message.lines().count());
    return message;
  }

  @Test
  void keepsTheGivenOrder() {
    Labels labels = Labels.given("positive, negative,e\u0301");
    assertEquals(List.of("positive", "negative", "\u00e9"), labels.names());
    assertFalse(labels.fromPrivateData());
    assertArrayEquals(
        new int[] {1, 0, 2, 2, 0},
        labels.ids(labelled("negative", "positive", "2", "\u00e9", "0")));
  }

  @Test
  void numbersAreNamesWhereTheSetHasNumbers() {
    Labels labels = Labels.given("1,0");
    assertArrayEquals(new int[] {0, 1}, labels.ids(labelled("1", "0")));
    assertTrue(
        refusal(() -> Labels.given("3,4,five").ids(labelled("0"))).contains("none of the 3"));
  }

  @Test
  void readsAFileWithOneALine() throws IOException {
    Path file = Files.writeString(dir.resolve("labels.txt"), "ham\r\nspam, or worse\n");
    assertEquals(List.of("ham", "spam, or worse"), Labels.given(file.toString()).names());
  }

  @Test
  void quotesNothingOfAFileThatIsNoListOfLabels() throws IOException {
    Path one = Files.writeString(dir.resolve("a.txt"), SECRET + "\n");
    assertTrue(refusal(() -> Labels.given(one.toString())).contains("give 2 to 1000 names"));
    Path notes = Files.writeString(dir.resolve("b.txt"), "a\n" + SECRET.repeat(20) + "\n");
    assertTrue(
        refusal(() -> Labels.given(notes.toString()))
            .contains("name 2 has more than 100 characters"));
    Path twice = Files.writeString(dir.resolve("c.txt"), SECRET + "\n" + SECRET + "\n");
    assertTrue(refusal(() -> Labels.given(twice.toString())).contains("name 2 stands there twice"));
    Path bytes = Files.write(dir.resolve("d.txt"), new byte[] {'a', '\n', (byte) 0xff});
    assertTrue(refusal(() -> Labels.given(bytes.toString())).contains("not valid UTF-8"));
    assertTrue(refusal(() -> Labels.given(dir.toString())).startsWith(dir.toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a,", "a,a", "a, a", ",", "none-such"})
  void refusesSetsThatAreNone(String given) {
    assertTrue(refusal(() -> Labels.given(given)).contains("; give "));
  }

  @Test
  void takesTheCheckpointsNamesByTheirIds() throws IOException {
    ModelConfigFile config = config("{\"1\": \"POSITIVE\", \"0\": \"NEGATIVE\"}");
    assertEquals(List.of("NEGATIVE", "POSITIVE"), Labels.of(config).names());
    assertArrayEquals(new int[] {1, 0}, Labels.of(config).ids(labelled("1", "NEGATIVE")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"0\": \"a\", \"2\": \"b\"}",
        "{\"0\": \"a\", \"1\": 7}",
        "[\"a\", \"b\"]",
        "{\"0\": \"a\"}",
        "{\"0\": \"a\", \"1\": \"a\"}",
        "null"
      })
  void refusesACheckpointWithoutNames(String id2label) throws IOException {
    ModelConfigFile config = config(id2label);
    assertTrue(refusal(() -> Labels.of(config)).startsWith(config.file().toString()));
  }

  private ModelConfigFile config(String id2label) throws IOException {
    Files.writeString(dir.resolve("config.json"), "{\"id2label\": " + id2label + "}");
    return ModelConfigFile.open(dir);
  }

  @Test
  void readsPrivateLabelsInTheOrderOfTheirBytes() {
    // U+FFFD comes before U+1F600 in bytes of UTF-8, and behind it in chars of Java.
    Labels labels =
        Labels.fromData(dir, labelled("b", "\uD83D\uDE00", "B", "\uFFFD", "b", "\u00e9"));
    assertEquals(List.of("B", "b", "\u00e9", "\uFFFD", "\uD83D\uDE00"), labels.names());
    assertTrue(labels.fromPrivateData());
    assertFalse(labels.toString().contains("B"));
  }

  @Test
  void refusesFreeTextWithoutQuotingIt() {
    String[] many =
        IntStream.rangeClosed(0, Labels.MOST).mapToObj(i -> SECRET + i).toArray(String[]::new);
    String[] twice = new String[2 * Labels.MOST];
    for (int i = 0; i < Labels.MOST; i++) {
      twice[i] = many[i];
      twice[Labels.MOST + i] = many[i];
    }
    assertEquals(
        Labels.MOST, Labels.fromData(dir, labelled(twice)).size(), "as many as that are labels");
    assertEquals(
        dir
            + ": the label column holds free text: more than half as many labels as records; name"
            + " the column of a class",
        refusal(() -> Labels.fromData(dir, labelled(Arrays.copyOf(many, 21)))));
    assertEquals(20, Labels.fromData(dir, labelled(Arrays.copyOf(many, 20))).size(), "few records");
    assertTrue(
        refusal(() -> Labels.fromData(dir, labelled(many)))
            .startsWith("f.csv: line 1002: the label column holds free text"));
    assertTrue(
        refusal(() -> Labels.fromData(dir, labelled("a", SECRET.repeat(20))))
            .startsWith("f.csv: line 3: the label column holds free text"));
    assertTrue(
        refusal(() -> Labels.fromData(dir, labelled(SECRET, " ")))
            .startsWith("f.csv: line 3: the label is empty"));
    assertTrue(
        refusal(() -> Labels.fromData(dir, labelled(SECRET, SECRET)))
            .contains("every label is the same"));
  }

  @Test
  void refusesALabelOutsideTheSetWithoutPrintingIt() {
    assertEquals(
        "f.csv: line 3: the label is none of the 2 known: a, b; correct it, or name all labels by"
            + " --labels",
        refusal(() -> Labels.given("a,b").ids(labelled("a", SECRET))));
    Labels read = Labels.fromData(dir, labelled(SECRET, "b"));
    assertTrue(
        refusal(() -> read.ids(labelled("c")))
            .contains("line 2: the label is none of the 2 that were read from the data;"));
    assertThrows(
        IllegalArgumentException.class,
        () -> Labels.given("a,b").ids(List.of(TextRecord.of("unlabelled"))));
  }

  @Test
  void takesNumbersWithinARange() {
    LabelRange range = LabelRange.parse("-1:5");
    assertArrayEquals(
        new double[] {-1, 5, 0.25, 3}, range.values(labelled("-1", "5.0", "2.5e-1", "3.")));
    assertEquals("-1:5", range.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "Zanzibar, is not a number",
    "NaN, is not a number",
    "1f, is not a number",
    "0x1p1, is not a number",
    "'', is not a number",
    "5.001, is outside 0:5",
    "-0.1, is outside 0:5",
    "1e999, is outside 0:5"
  })
  void refusesOtherNumbersWithoutPrintingThem(String label, String message) {
    String said = refusal(() -> LabelRange.parse("0:5").values(labelled("1", label)));
    assertTrue(said.startsWith("f.csv: line 3: the label " + message + ";"), said);
  }

  @ParameterizedTest
  @ValueSource(strings = {"5:0", "0:0", "0", "0:NaN", "a:b", "-1e999:0", ""})
  void refusesRangesThatAreNone(String range) {
    assertTrue(refusal(() -> LabelRange.parse(range)).contains("give "));
  }
}
