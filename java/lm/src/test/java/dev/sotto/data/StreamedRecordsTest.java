package dev.sotto.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link RecordFiles#forEach} hands records on as it reads them. */
class StreamedRecordsTest {
  private static final DataColumns TEXT = DataColumns.text("text");
  private static final int RECORDS = 100_000;

  /** Characters that a reader may hold before it hands on what they hold. */
  private static final int BUFFERS = 3 << 16;

  @TempDir Path dir;

  /** A byte that is no UTF-8, at the end: all but what a few buffers hold was handed on before. */
  @ParameterizedTest
  @CsvSource({
    "a.csv,text,a record",
    "a.tsv,text,a record",
    "a.jsonl,'','{\"text\": \"a record\"}'",
    "a.json,[,'\"a record\",'",
    "a.txt,'',a record"
  })
  void handsOnWhatStandsBeforeAFault(String name, String first, String row) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes((first + "\n").getBytes(StandardCharsets.UTF_8));
    bytes.writeBytes((row + "\n").repeat(RECORDS).getBytes(StandardCharsets.UTF_8));
    bytes.write(0xff);
    Path file = Files.write(dir.resolve(name), bytes.toByteArray());
    List<TextRecord> before = new ArrayList<>();
    assertThrows(
        InputException.class,
        () -> RecordFiles.forEach(file, TEXT, RecordOptions.DEFAULT, before::add));
    int held = BUFFERS / (row.length() + 1);
    assertTrue(before.size() >= RECORDS - held, name + ": " + before.size() + " records");
    before.forEach(record -> assertEquals("a record", record.text()));
  }

  /** Wherever a mark or a line's end lies on the border of two buffers. */
  @Test
  void cutsAtMarksThatSpanBuffers() throws IOException {
    for (int at = (1 << 16) - 16; at <= (1 << 16) + 2; at++) {
      String one = "x".repeat(at);
      assertEquals(
          List.of(one, "y", "z"), read(one + "<|endoftext|>y\r", "<|endoftext|>z", true), "" + at);
      assertEquals(List.of(one, "y", "z\r"), read(one + "\r\ny", "\n\r\n\nz\r", false), "" + at);
    }
  }

  private List<String> read(String before, String after, boolean marks) throws IOException {
    Path file = Files.writeString(dir.resolve("m.txt"), before + after);
    RecordOptions options =
        new RecordOptions(marks ? TextSplit.DOCUMENT_MARK : TextSplit.LINE, false);
    return RecordFiles.read(file, TEXT, options).stream().map(TextRecord::text).toList();
  }

  @Test
  void refusesAFileWithoutRecords() throws IOException {
    Path file = Files.writeString(dir.resolve("e.csv"), "text\n");
    assertThrows(
        InputException.class,
        () -> RecordFiles.forEach(file, TEXT, RecordOptions.DEFAULT, record -> {}));
  }
}
