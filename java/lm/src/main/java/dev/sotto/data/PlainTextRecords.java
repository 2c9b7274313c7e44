package dev.sotto.data;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Records from plain text: lines, or documents between end-of-text marks. */
final class PlainTextRecords {
  /** The mark of GPT-2's training text, by which text collections separate documents. */
  private static final String DOCUMENT_END = "<|endoftext|>";

  private PlainTextRecords() {}

  static List<TextRecord> read(Path file, Reader reader, DataColumns columns) throws IOException {
    requireNoColumns(file.toString(), columns);
    StringWriter writer = new StringWriter();
    reader.transferTo(writer);
    String text = writer.toString();
    Stream<String> records =
        text.contains(DOCUMENT_END)
            ? Pattern.compile(DOCUMENT_END, Pattern.LITERAL).splitAsStream(text).map(String::strip)
            : text.lines();
    return records.filter(record -> !record.isBlank()).map(TextRecord::of).toList();
  }

  /** Refuses a prompt or privacy unit where a record has no columns. */
  static void requireNoColumns(String place, DataColumns columns) {
    if (columns.prompt() != null || columns.unit() != null) {
      throw new InputException(
          place
              + ": plain text has no column '"
              + (columns.unit() != null ? columns.unit() : columns.prompt())
              + "'; use CSV, TSV or JSONL for prompts and privacy units");
    }
  }
}
