package dev.sotto.data;

import dev.sotto.base.InputException;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Records from plain text: lines, documents between end-of-text marks, or all of it. */
final class PlainTextRecords {
  /** The mark of GPT-2's training text, by which text collections separate documents. */
  private static final String DOCUMENT_END = "<|endoftext|>";

  private PlainTextRecords() {}

  static void read(
      Path file, Reader reader, DataColumns columns, TextSplit split, Consumer<TextRecord> sink)
      throws IOException {
    requireNoColumns(file.toString(), columns);
    Consumer<String> record =
        text -> {
          if (!text.isBlank()) {
            sink.accept(TextRecord.of(text));
          }
        };
    switch (split) {
      // A carriage return alone ends none: it may stand within what one person wrote.
      case LINE -> parts(reader, "\n", part -> record.accept(withoutReturn(part)), record);
      case DOCUMENT_MARK -> {
        Consumer<String> stripped = part -> record.accept(part.strip());
        parts(reader, DOCUMENT_END, stripped, stripped);
      }
      case FILE -> {
        StringWriter whole = new StringWriter();
        reader.transferTo(whole);
        record.accept(whole.toString());
      }
    }
  }

  private static String withoutReturn(String line) {
    return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
  }

  /** What stands before each mark, and behind the last. */
  private static void parts(
      Reader reader, String mark, Consumer<String> before, Consumer<String> last)
      throws IOException {
    StringBuilder text = new StringBuilder();
    char[] chars = new char[1 << 16];
    for (int count = reader.read(chars); count >= 0; count = reader.read(chars)) {
      int from = Math.max(0, text.length() - mark.length() + 1);
      text.append(chars, 0, count);
      int start = 0;
      for (int end = text.indexOf(mark, from); end >= 0; end = text.indexOf(mark, start)) {
        before.accept(text.substring(start, end));
        start = end + mark.length();
      }
      text.delete(0, start);
    }
    last.accept(text.toString());
  }

  /** Refuses a prompt, a label or a privacy unit where a record has no columns. */
  static void requireNoColumns(String place, DataColumns columns) {
    columns
        .namesBesideText()
        .findFirst()
        .ifPresent(
            name -> {
              throw new InputException(
                  place
                      + ": plain text has no column '"
                      + name
                      + "'; use CSV, TSV or JSONL for prompts, pairs, labels and privacy units");
            });
  }
}
