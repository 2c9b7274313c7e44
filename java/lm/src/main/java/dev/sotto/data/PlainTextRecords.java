package dev.sotto.data;

import dev.sotto.base.InputException;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Records from plain text: lines, documents between end-of-text marks, or all of it. */
final class PlainTextRecords {
  /** The mark of GPT-2's training text, by which text collections separate documents. */
  private static final Pattern DOCUMENT_END = Pattern.compile("<|endoftext|>", Pattern.LITERAL);

  /** A carriage return alone ends none: it may stand within what one person wrote. */
  private static final Pattern LINE_END = Pattern.compile("\\r?\\n");

  private PlainTextRecords() {}

  static List<TextRecord> read(Path file, Reader reader, DataColumns columns, TextSplit split)
      throws IOException {
    requireNoColumns(file.toString(), columns);
    StringWriter writer = new StringWriter();
    reader.transferTo(writer);
    String text = writer.toString();
    Stream<String> records =
        switch (split) {
          case LINE -> LINE_END.splitAsStream(text);
          case DOCUMENT_MARK -> DOCUMENT_END.splitAsStream(text).map(String::strip);
          case FILE -> Stream.of(text);
        };
    return records.filter(record -> !record.isBlank()).map(TextRecord::of).toList();
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
