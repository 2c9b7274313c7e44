package dev.sotto.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  private static String refusal(Path file, DataColumns columns) {
    InputException e = assertThrows(InputException.class, () -> RecordFiles.read(file, columns));
    assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), "one line");
    for (Throwable t = e; t != null; t = t.getCause()) {
      assertFalse(String.valueOf(t.getMessage()).contains(SECRET), t.getMessage());
    }
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
  void readsLinesOrDocuments() throws IOException {
    assertEquals(List.of("one", " two"), texts(file("l.txt", "one\n\n  \n two\r\n"), TEXT));
    String documents = "first\nline\n<|endoftext|>\n second\n<|endoftext|>\n";
    assertEquals(List.of("first\nline", "second"), texts(file("d.txt.gz", documents), TEXT));
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
  void namesTheColumnsThereAre() throws IOException {
    String message = refusal(file("c.csv", "id,note\n1," + SECRET + "\n"), TEXT);
    assertTrue(message.contains("no column 'text'; the header has: id, note"), message);
    message = refusal(file("c.jsonl", "{\"note\":\"" + SECRET + "\"}"), TEXT);
    assertTrue(message.contains("line 1: has no field 'text'; the fields are: note"), message);
    message = refusal(file("d.csv", "text,text\na,b\n"), TEXT);
    assertTrue(message.contains("two columns 'text'"), message);
    String headerless = "x".repeat(100) + SECRET + "\n";
    assertTrue(refusal(file("h.csv", headerless), TEXT).contains("xxx..."));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.csv | 'id,text\n1,Zanzibar,more\n' | line 2: the row has 3 fields",
        "a.csv | 'id,text\n1\n' | the row has 1 fields",
        "a.csv | 'id,text\n1,\"Zanzibar\n' | a quoted field is not closed",
        "a.csv | 'id,text\n1,\"Zanzibar\" x\n' | a quoted field is not closed",
        "a.jsonl | '{\"text\":\"ok\"}\nZanzibar' | line 2: is not valid JSON",
        "a.jsonl | '{\"text\":\"Zanzibar\"' | line 1: is not valid JSON",
        "a.jsonl | '{\"text\":\"Zanzibar\"} x' | line 1: is not valid JSON",
        "a.jsonl | '[\"Zanzibar\"]' | line 1: is neither an object nor a string",
        "a.jsonl | '{\"text\":[\"Zanzibar\"]}' | field 'text' is not a string",
        "a.jsonl | '{\"text\":null}' | field 'text' is not a string",
        "a.json | '{\"text\":\"Zanzibar\"}' | not a JSON array",
        "a.json | '[{\"text\":\"a\"},\nZanzibar]' | line 2: is not valid JSON",
        "a.json | '[{\"text\":\"Zanzibar\"}' | is not valid JSON",
        "a.json | '[\"Zanzibar\"] [\"Zanzibar\"]' | goes on after its array",
        "a.json | '[3]' | element 1: is neither",
        "a.csv | 'text\n' | no records",
        "a.csv | '' | no records",
        "a.jsonl | '\n\n' | no records",
        "a.json | '[]' | no records",
        "a.json | '' | no records",
        "a.txt | '\n \n' | no records",
        "a.txt | '<|endoftext|>' | no records",
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
    assertTrue(message.contains("line 3: the privacy-unit column 'who' is empty"), message);
    assertThrows(IllegalArgumentException.class, () -> DataColumns.text(" "));
    assertThrows(IllegalArgumentException.class, () -> DataColumns.promptAndCompletion("a", "a"));
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
    assertEquals(5, RecordFiles.read(sample, TEXT).size());
    Path glue = SharedFiles.require("data/sst2/glue/train.tsv.gz");
    assertEquals(67_349, RecordFiles.read(glue, DataColumns.text("sentence")).size());
    Path diabetes = SharedFiles.require("data/diabetes/diabetic_data.csv.gz");
    List<TextRecord> encounters =
        RecordFiles.read(diabetes, DataColumns.text("diag_1").withUnit("patient_nbr"));
    assertEquals(101_766, encounters.size());
    assertEquals(71_518, encounters.stream().map(TextRecord::unit).distinct().count());
  }
}
