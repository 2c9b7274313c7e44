package dev.sotto.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sotto.base.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordFilesTest {
  private static final DataColumns TEXT = DataColumns.text("text");

  /** A word that stands for private content; no message may hold it. */
  private static final String SECRET = "Zanzibar";

  @TempDir Path dir;

  private Path file(String name, String content) throws IOException {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(dir.resolve(name), name.endsWith(".gz") ? gzip(content) : content);
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private static List<String> texts(Path file, DataColumns columns) {
    return RecordFiles.read(file, columns).stream().map(TextRecord::text).toList();
  }

  private static List<String> texts(Path file, TextSplit split) {
    RecordOptions options = new RecordOptions(split, false);
    return RecordFiles.read(file, TEXT, options).stream().map(TextRecord::text).toList();
  }

  private static String refusal(Path file, DataColumns columns) {
    InputException e = assertThrows(InputException.class, () -> RecordFiles.read(file, columns));
    StringWriter trace = new StringWriter();
    e.printStackTrace(new PrintWriter(trace, true));
    assertFalse(trace.toString().contains(SECRET), trace.toString());
    return line(file, e);
  }

  /** The message for somebody who may see the records. */
  private static String shown(Path file, DataColumns columns) {
    RecordOptions options = new RecordOptions(TextSplit.LINE, true);
    return line(
        file, assertThrows(InputException.class, () -> RecordFiles.read(file, columns, options)));
  }

  private static String line(Path file, InputException e) {
    assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), "one line");
    return e.getMessage();
  }

  @ParameterizedTest
  @CsvSource({"a.csv", "a.csv.gz", "a.CSV"})
  void readsCsv(String name) throws IOException {
    String csv = "id,text\r\n1,plain\r\n2,\"quoted, \"\"so\"\"\nand more\"\r\n\r\n3,\r\n";
    assertEquals(List.of("plain", "quoted, \"so\"\nand more", ""), texts(file(name, csv), TEXT));
  }

  @Test
  void readsTsvWithoutQuoting() throws IOException {
    Path file = file("a.tsv", "text\tlabel\nsay \"yes\t1\nit's, well\t0\n");
    assertEquals(List.of("say \"yes", "it's, well"), texts(file, TEXT));
  }

  @Test
  void readsJsonLines() throws IOException {
    Path file = file("a.jsonl.gz", "{\"text\":\"one\\nline\",\"n\":1}\n\n{\"text\":\"two\"}\n");
    assertEquals(List.of("one\nline", "two"), texts(file, TEXT));
  }

  @Test
  void readsJsonArrays() throws IOException {
    assertEquals(List.of("a", "b"), texts(file("s.json", "[\"a\",\n\"b\"]"), TEXT));
    assertEquals(
        List.of("a", "b"), texts(file("o.json", "[{\"text\":\"a\"},{\"text\":\"b\"}]"), TEXT));
  }

  @Test
  void readsLinesOrDocumentsOrTheWhole() throws IOException {
    Path lines = file("l.txt", "one\n\n  \n two\r\n");
    assertEquals(List.of("one", " two"), texts(lines, TextSplit.LINE));
    assertEquals(List.of("one\n\n  \n two\r\n"), texts(lines, TextSplit.FILE));
    Path documents = file("d.txt.gz", "first\nline\n<|endoftext|>\n second\n<|endoftext|>\n");
    assertEquals(List.of("first\nline", "second"), texts(documents, TextSplit.DOCUMENT_MARK));
    assertEquals(5, texts(documents, TextSplit.LINE).size());
  }

  /** One person's words do not decide where other people's records end. */
  @Test
  void aMarkInOneLineCutsNoOtherLine() throws IOException {
    List<String> six = new ArrayList<>(List.of("Tim.", "Sue.", "Ben said <|endoftext|> so."));
    six.addAll(List.of("Mom.", "Dad.", "Kim."));
    assertEquals(six, texts(file("m.txt", String.join("\n", six) + "\n"), TEXT));
    six.remove(2);
    assertEquals(six, texts(file("n.txt", String.join("\n", six) + "\n"), TEXT));
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "\t", "\u00a0", "\u2007", "\u202f", "\u3000", "\u200b", "\ufeff"})
  void blanksAroundAUnitMakeNoNewPerson(String blank) throws IOException {
    String rows = "ann,a\n\"ann" + blank + "\",b\n" + blank + blank + "ann,c\nAnn,d\nan n,e\n";
    List<TextRecord> records =
        RecordFiles.read(file("u.csv", "who,text\n" + rows), TEXT.withUnit("who"));
    assertEquals(
        List.of("ann", "ann", "ann", "Ann", "an n"),
        records.stream().map(TextRecord::unit).toList());
    String escape = String.format("\\u%04x", (int) blank.charAt(0));
    String json = "{\"who\":\"" + escape + "ann\",\"text\":\"a\"}";
    assertEquals(
        "ann", RecordFiles.read(file("u.jsonl", json), TEXT.withUnit("who")).get(0).unit());
    String none = "{\"who\":\"" + escape + "\",\"text\":\"a\"}";
    assertTrue(refusal(file("v.jsonl", none), TEXT.withUnit("who")).contains("is empty"));
  }

  @Test
  void aComposedAndADecomposedAccentAreOneUnit() throws IOException {
    Path file = file("a.csv", "who,text\nRen\u00e9,a\nRene\u0301,b\nRene,c\n");
    assertEquals(
        List.of("Ren\u00e9", "Ren\u00e9", "Rene"),
        RecordFiles.read(file, TEXT.withUnit("who")).stream().map(TextRecord::unit).toList());
  }

  @Test
  void readsPromptsAndUnits() throws IOException {
    Path csv = file("p.csv", "who,mr,ref\n7,in,out\n7,in2,out2\n");
    DataColumns columns = DataColumns.promptAndCompletion("mr", "ref").withUnit("who");
    assertEquals(
        List.of(new TextRecord("in", "out", "7"), new TextRecord("in2", "out2", "7")),
        RecordFiles.read(csv, columns));
    Path json = file("p.jsonl", "{\"who\":7,\"mr\":\"in\",\"ref\":\"out\"}");
    assertEquals(List.of(new TextRecord("in", "out", "7")), RecordFiles.read(json, columns));
  }

  @Test
  void dropsAByteOrderMark() throws IOException {
    assertEquals(List.of("a"), texts(file("b.csv", "\ufefftext\na\n"), TEXT));
    assertEquals(List.of("a"), texts(file("b.txt", "\ufeffa"), TEXT));
  }

  @Test
  void readsCharactersThatSpanBuffers() throws IOException {
    // Emoji of four bytes, shifted so that buffer ends fall inside one.
    for (int shift = 0; shift < 4; shift++) {
      String line = "x".repeat(shift) + "\ud83d\ude00".repeat(40_000);
      assertEquals(List.of(line), texts(file("e.txt", line), TEXT));
    }
  }

  @Test
  void namesTheByteThatIsNotUtf8() throws IOException {
    byte[] good = ("text\n" + SECRET + "\n").getBytes(StandardCharsets.UTF_8);
    byte[] bad = Arrays.copyOf(good, good.length + 2);
    bad[good.length] = (byte) 0xe9;
    bad[good.length + 1] = '\n';
    for (String name : List.of("u.csv", "u.tsv", "u.txt", "u.jsonl", "u.json", "u.csv.gz")) {
      byte[] content = bad;
      if (name.contains("json")) {
        content = bad.clone();
        Arrays.fill(content, 0, good.length, (byte) ' ');
      }
      String message = refusal(file(name, content), TEXT);
      assertTrue(message.contains("not valid UTF-8 at byte " + good.length), message);
    }
    byte[] far = new byte[200_000];
    Arrays.fill(far, (byte) 'a');
    far[150_000] = (byte) 0xff;
    assertTrue(refusal(file("far.txt", far), TEXT).contains("at byte 150000 "));
    byte[] cut = {'a', (byte) 0xe2, (byte) 0x82};
    assertTrue(refusal(file("cut.txt", cut), TEXT).contains("at byte 1 "));
  }

  @Test
  void namesTheColumnsThereAreToWhomeverMaySeeThem() throws IOException {
    Path csv = file("c.csv", "id,Zanzibar\n1,b\n");
    assertTrue(refusal(csv, TEXT).contains("line 1: the header has no column 'text' among its 2"));
    assertTrue(shown(csv, TEXT).endsWith("[id, Zanzibar]"));
    Path json = file("c.jsonl", "{\"Zanzibar\":\"x\"}");
    assertTrue(refusal(json, TEXT).contains("line 1: has no field 'text'"));
    assertTrue(shown(json, TEXT).endsWith("[Zanzibar]"));
    String message = refusal(file("d.csv", "text,a,text\na,b,c\n"), TEXT);
    assertTrue(message.contains("columns, 1 and 3, have the name 'text'"), message);
    Path long100 = file("h.csv", "x".repeat(1000) + "," + SECRET + "\n");
    refusal(long100, TEXT);
    assertTrue(shown(long100, TEXT).endsWith("xxx...]"));
  }

  @Test
  void quotesFaultsToWhomeverMaySeeThem() throws IOException {
    assertTrue(
        shown(file("a.csv", "id,text\n1,Zanzibar,m\n"), TEXT).endsWith("[1 | Zanzibar | m]"));
    assertTrue(shown(file("a.jsonl", "Zanzibar"), TEXT).contains("'Zanzibar'"));
    assertTrue(shown(file("b.jsonl", "[\"Zanzibar\"]"), TEXT).endsWith("[[\"Zanzibar\"]]"));
    assertTrue(shown(file("c.jsonl", "{\"text\":7}"), TEXT).endsWith("[7]"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.csv | 'id,text\n1,Zanzibar,more\n' | line 2: the row has 3 fields",
        "a.csv | 'Zanzibar\nx\n' | line 1: the header has no column 'text' among its 1",
        "a.csv | 'Zanzibar,\"x' | line 1: a quoted field is not closed",
        "a.csv | 'id,text\n1\n' | the row has 1 fields",
        "a.csv | 'id,text\n1,\"Zanzibar\n' | a quoted field is not closed",
        "a.csv | 'id,text\n1,\"Zanzibar\" x\n' | a quoted field is not closed",
        "a.jsonl | '{\"text\":\"ok\"}\nZanzibar' | line 2, column 1: is not valid JSON",
        "a.jsonl | '{\"text\":\"Zanzibar\"' | line 1, column 19: is not valid JSON",
        "a.jsonl | '{\"text\":\"Zanzibar\"} Zanzibar' | line 1, column 21: is not valid JSON",
        "a.jsonl | '{\"text\":007}' | is not valid JSON",
        "a.jsonl | '{\"text\":\"a\",\"Zanzibar\":1,\"Zanzibar\":2}' | two fields of one name",
        "a.json | '[{\"text\":\"a\",\"text\":\"Zanzibar\"}]' | two fields of one name",
        "a.jsonl | '{\"text\":\"Zanzibar \\ud83d.\"}' | half of a surrogate pair",
        "a.json | '[\"Zanzibar \\ude00\"]' | element 1: a \\u escape is half",
        "a.jsonl | '[\"Zanzibar\"]' | line 1: is neither an object nor a string",
        "a.jsonl | '{\"text\":[\"Zanzibar\"]}' | field 'text' is not a string",
        "a.jsonl | '{\"text\":null}' | field 'text' is not a string",
        "a.json | '{\"text\":\"Zanzibar\"}' | not a JSON array",
        "a.json | '[{\"text\":\"a\"},\nZanzibar]' | line 2, column 1: is not valid JSON",
        "a.json | '[{\"text\":\"Zanzibar\"}' | is not valid JSON",
        "a.json | '[\"Zanzibar\"] [\"Zanzibar\"]' | goes on after its array",
        "a.json | '[3]' | element 1: is neither",
        "a.csv | 'text\n' | no records",
        "a.csv | '' | no records",
        "a.jsonl | '\n\n' | no records",
        "a.json | '[]' | no records",
        "a.json | '' | no records",
        "a.txt | '\n \n' | no records",
        "a.xlsx | 'Zanzibar' | unknown format '.xlsx'",
        "a.csv.gz | '' | no records",
      })
  void refusesBadContent(String name, String content, String fault) throws IOException {
    String message = refusal(file(name, content), TEXT);
    assertTrue(message.contains(fault), message);
  }

  @Test
  void refusesWhatIsNotThere() throws IOException {
    assertTrue(refusal(dir.resolve("none.csv"), TEXT).contains("no such file"));
    Files.createDirectory(dir.resolve("d.csv"));
    assertTrue(refusal(dir.resolve("d.csv"), TEXT).contains("directory"));
  }

  /** A pipe that nobody writes to would be waited for without end. */
  @Test
  void refusesAPipeInsteadOfWaitingForIt() throws Exception {
    Path pipe = dir.resolve("pipe.csv");
    assumeTrue(
        new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "no mkfifo here");
    String message = assertTimeoutPreemptively(Duration.ofMinutes(1), () -> refusal(pipe, TEXT));
    assertTrue(message.contains("is a pipe"), message);
  }

  @Test
  void saysThatAFileIsCompressedThatIsNotNamedSo() throws IOException {
    Path file = dir.resolve("packed.csv");
    Files.write(file, gzip(("text\n" + SECRET).getBytes(StandardCharsets.UTF_8)));
    assertTrue(refusal(file, TEXT).contains("is compressed by gzip; let its name end in .gz"));
    assertTrue(refusal(file("noext", SECRET), TEXT).contains("its name says no format"));
  }

  @Test
  void aCarriageReturnWithinALineCutsNothing() throws IOException {
    assertEquals(
        List.of("a b\rc d", "e f", "g"),
        texts(file("a.txt", "a b\rc d\ne f\r\ng"), TextSplit.LINE));
  }

  @Test
  void refusesBrokenGzip() throws IOException {
    Path plain = Files.writeString(dir.resolve("p.csv.gz"), "text\n" + SECRET + "\n");
    assertTrue(refusal(plain, TEXT).contains("gzip"));
    byte[] whole = gzip(("text\n" + SECRET + "\n").repeat(1000).getBytes(StandardCharsets.UTF_8));
    for (String name : List.of("c.csv.gz", "c.txt.gz", "c.json.gz")) {
      Path cut = Files.write(dir.resolve(name), Arrays.copyOf(whole, whole.length / 2));
      refusal(cut, TEXT);
    }
  }

  @Test
  void refusesColumnsOfPlainTextAndBlankUnits() throws IOException {
    Path text = file("a.txt", SECRET);
    assertTrue(refusal(text, TEXT.withUnit("who")).contains("no column 'who'"));
    Path strings = file("a.json", "[\"" + SECRET + "\"]");
    assertTrue(
        refusal(strings, DataColumns.promptAndCompletion("in", "out")).contains("no column 'in'"));
    Path csv = file("u.csv", "who,text\n1,a\n ," + SECRET + "\n");
    String message = refusal(csv, TEXT.withUnit("who"));
    assertTrue(
        message.contains("line 3, column 1: the privacy-unit column 'who' is empty"), message);
    assertThrows(InputException.class, () -> DataColumns.text(" "));
    assertThrows(InputException.class, () -> DataColumns.promptAndCompletion("a", "a"));
  }

  @Test
  void printsNothingPrivate() {
    assertFalse(TextRecord.of(SECRET).toString().contains(SECRET));
  }

  @Test
  void readsRealFiles() {
    Path e2e = SharedFiles.require("data/e2e/trainset.csv.gz");
    List<TextRecord> pairs = RecordFiles.read(e2e, DataColumns.promptAndCompletion("mr", "ref"));
    assertEquals(42_061, pairs.size());
    assertTrue(pairs.get(0).prompt().startsWith("name[The Vaults]"));
    Path stories = SharedFiles.require("data/corpus/tinystories_1000.json.gz");
    assertEquals(1000, RecordFiles.read(stories, TEXT).size());
    Path sample = SharedFiles.require("data/corpus/tinystories_sample_cs336.txt");
    assertEquals(5, texts(sample, TextSplit.DOCUMENT_MARK).size());
    Path glue = SharedFiles.require("data/sst2/glue/train.tsv.gz");
    assertEquals(67_349, RecordFiles.read(glue, DataColumns.text("sentence")).size());
    Path diabetes = SharedFiles.require("data/diabetes/diabetic_data.csv.gz");
    List<TextRecord> encounters =
        RecordFiles.read(diabetes, DataColumns.text("diag_1").withUnit("patient_nbr"));
    assertEquals(101_766, encounters.size());
    assertEquals(71_518, encounters.stream().map(TextRecord::unit).distinct().count());
  }
}
