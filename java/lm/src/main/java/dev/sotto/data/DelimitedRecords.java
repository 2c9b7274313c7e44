package dev.sotto.data;

import dev.sotto.base.InputException;
import java.io.EOFException;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.ZipException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** Records from tables with a header line: CSV and TSV. */
final class DelimitedRecords {
  private DelimitedRecords() {}

  /** Commas, quotes as in RFC 4180. */
  static final CSVFormat CSV = CSVFormat.DEFAULT;

  /** Tabs; quotes are ordinary characters. */
  static final CSVFormat TSV = CSVFormat.DEFAULT.builder().setDelimiter('\t').setQuote(null).get();

  /** A row of the file: fields in the file's order, and where the wanted columns are in it. */
  private record FileRow(String place, CSVRecord fields, Map<String, Integer> columns)
      implements DataColumns.Row {
    @Override
    public String value(String column) {
      return fields.get(columns.get(column));
    }

    @Override
    public String place(String column) {
      return place + ", column " + (columns.get(column) + 1);
    }
  }

  static List<TextRecord> read(
      Path file, Reader reader, CSVFormat format, DataColumns columns, RecordOptions options)
      throws IOException {
    List<TextRecord> records = new ArrayList<>();
    rows(file, reader, format, columns.names(), options, row -> records.add(columns.record(row)));
    return records;
  }

  /** Reads the wanted columns of every row; a file without even a header has no rows. */
  static void rows(
      Path file,
      Reader reader,
      CSVFormat format,
      List<String> wanted,
      RecordOptions options,
      Consumer<DataColumns.Row> sink)
      throws IOException {
    try (CSVParser parser = CSVParser.builder().setReader(reader).setFormat(format).get()) {
      Iterator<CSVRecord> rows = parser.iterator();
      CSVRecord header = next(file, parser, rows);
      if (header == null) {
        return;
      }
      List<String> names = header.stream().map(String::strip).toList();
      Map<String, Integer> columns = new HashMap<>();
      for (String column : wanted) {
        columns.put(column, requireColumn(file, names, column, options));
      }
      CSVRecord next;
      while ((next = next(file, parser, rows)) != null) {
        CSVRecord row = next;
        String place = file + ": line " + parser.getCurrentLineNumber();
        if (row.size() != names.size()) {
          throw new InputException(
              place
                  + ": the row has "
                  + row.size()
                  + " fields where the header has "
                  + names.size()
                  + "; quote fields that contain the delimiter"
                  + options.quote(() -> String.join(" | ", row)));
        }
        sink.accept(new FileRow(place, row, columns));
      }
    }
  }

  private static CSVRecord next(Path file, CSVParser parser, Iterator<CSVRecord> rows)
      throws IOException {
    try {
      return rows.hasNext() ? rows.next() : null;
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof ZipException || e.getCause() instanceof EOFException) {
        throw e.getCause();
      }
      throw new InputException(
          file
              + ": line "
              + parser.getCurrentLineNumber()
              + ": a quoted field is not closed or not followed by the delimiter; repair the"
              + " quotes");
    }
  }

  private static int requireColumn(
      Path file, List<String> names, String wanted, RecordOptions options) {
    int first = names.indexOf(wanted);
    if (first < 0) {
      // A file without a header has a private record in its first line.
      throw new InputException(
          file
              + ": line 1: the header has no column '"
              + wanted
              + "' among its "
              + names.size()
              + "; name one that is there (--show-values prints the line), or put a header on top"
              + options.quote(() -> String.join(", ", names)));
    }
    if (first != names.lastIndexOf(wanted)) {
      throw new InputException(
          file
              + ": line 1: two columns, "
              + (first + 1)
              + " and "
              + (names.lastIndexOf(wanted) + 1)
              + ", have the name '"
              + wanted
              + "'; rename one");
    }
    return first;
  }
}
