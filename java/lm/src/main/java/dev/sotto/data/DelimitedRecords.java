package dev.sotto.data;

import dev.sotto.base.InputException;
import java.io.EOFException;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.ZipException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * Records from tables: CSV and TSV.
 *
 * @param file for messages
 * @param tabs whether tabs part the fields, else commas
 * @param options quotes, header, and whether messages may quote
 */
record DelimitedRecords(Path file, boolean tabs, RecordOptions options) {

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

  private Quoting quoting() {
    return options.table().quoting().orElse(tabs ? Quoting.NONE : Quoting.CSV);
  }

  private CSVParser parser(Reader reader) throws IOException {
    CSVFormat format =
        CSVFormat.DEFAULT
            .builder()
            .setDelimiter(tabs ? '\t' : ',')
            .setQuote(quoting() == Quoting.CSV ? '"' : null)
            .get();
    return CSVParser.builder().setReader(reader).setFormat(format).get();
  }

  /** The names of the columns as the first line has them; none in an empty file. */
  List<String> header(Reader reader) throws IOException {
    try (CSVParser parser = parser(reader)) {
      CSVRecord first = next(parser, parser.iterator());
      return first == null ? List.of() : names(first);
    }
  }

  private static List<String> names(CSVRecord header) {
    return header.stream().map(String::strip).toList();
  }

  /** Reads the wanted columns of every row; a file without even a header has no rows. */
  void rows(Reader reader, List<String> wanted, Consumer<DataColumns.Row> sink) throws IOException {
    try (CSVParser parser = parser(reader)) {
      Iterator<CSVRecord> rows = parser.iterator();
      List<String> names = options.table().header();
      if (names.isEmpty()) {
        CSVRecord header = next(parser, rows);
        if (header == null) {
          return;
        }
        names = names(header);
      }
      Map<String, Integer> columns = new HashMap<>();
      for (String column : wanted) {
        columns.put(column, requireColumn(names, column));
      }
      CSVRecord next;
      while ((next = next(parser, rows)) != null) {
        CSVRecord row = next;
        String place = file + ": line " + parser.getCurrentLineNumber();
        if (row.size() != names.size()) {
          throw new InputException(
              place
                  + ": the row has "
                  + row.size()
                  + (options.table().header().isEmpty()
                      ? " fields where the header has "
                      : " fields where there are to be ")
                  + names.size()
                  + "; quote fields that contain the delimiter"
                  + (quoting() == Quoting.NONE ? " and give --quoting csv" : "")
                  + options.quote(() -> String.join(" | ", row)));
        }
        sink.accept(new FileRow(place, row, columns));
      }
    }
  }

  private CSVRecord next(CSVParser parser, Iterator<CSVRecord> rows) throws IOException {
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
              + " quotes, or give --quoting none if they are ordinary characters");
    }
  }

  private int requireColumn(List<String> names, String wanted) {
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
