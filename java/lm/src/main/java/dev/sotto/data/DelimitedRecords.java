package dev.sotto.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.ZipException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** Records from tables with a header line: CSV and TSV. */
final class DelimitedRecords {
  /** Enough of a column name to recognise it; a file without header has private text there. */
  private static final int SHOWN_NAME_LENGTH = 30;

  private static final int SHOWN_NAMES = 60;

  private DelimitedRecords() {}

  /** Takes the wanted values of one row, in the wanted order, and the row's place. */
  @FunctionalInterface
  interface RowSink {
    void accept(List<String> values, String place);
  }

  static List<TextRecord> csv(Path file, Reader reader, DataColumns columns) throws IOException {
    return read(file, reader, CSVFormat.DEFAULT, columns);
  }

  static List<TextRecord> tsv(Path file, Reader reader, DataColumns columns) throws IOException {
    CSVFormat format = CSVFormat.DEFAULT.builder().setDelimiter('\t').setQuote(null).get();
    return read(file, reader, format, columns);
  }

  private static List<TextRecord> read(
      Path file, Reader reader, CSVFormat format, DataColumns columns) throws IOException {
    List<TextRecord> records = new ArrayList<>();
    List<String> wanted = columns.names();
    rows(
        file,
        reader,
        format,
        wanted,
        (values, place) ->
            records.add(columns.record(column -> values.get(wanted.indexOf(column)), place)));
    return records;
  }

  /** Reads the wanted columns of every row; a file without even a header has no rows. */
  static void rows(Path file, Reader reader, CSVFormat format, List<String> wanted, RowSink sink)
      throws IOException {
    try (CSVParser parser = CSVParser.builder().setReader(reader).setFormat(format).get()) {
      Iterator<CSVRecord> rows = parser.iterator();
      CSVRecord header = next(file, parser, rows);
      if (header == null) {
        return;
      }
      List<String> names = header.stream().map(String::strip).toList();
      int[] places = new int[wanted.size()];
      for (int i = 0; i < places.length; i++) {
        places[i] = requireColumn(file, names, wanted.get(i));
      }
      for (CSVRecord row = next(file, parser, rows); row != null; row = next(file, parser, rows)) {
        String place = file + ": line " + parser.getCurrentLineNumber();
        if (row.size() != names.size()) {
          throw new InputException(
              place
                  + ": the row has "
                  + row.size()
                  + " fields where the header has "
                  + names.size()
                  + "; quote fields that contain the delimiter");
        }
        sink.accept(Arrays.stream(places).mapToObj(row::get).toList(), place);
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

  private static int requireColumn(Path file, List<String> names, String wanted) {
    int first = names.indexOf(wanted);
    if (first < 0) {
      String shown =
          names.stream()
              .limit(SHOWN_NAMES)
              .map(DelimitedRecords::shorten)
              .collect(Collectors.joining(", "));
      throw new InputException(file + ": has no column '" + wanted + "'; the header has: " + shown);
    }
    if (first != names.lastIndexOf(wanted)) {
      throw new InputException(
          file + ": has two columns '" + wanted + "'; rename one in the header");
    }
    return first;
  }

  private static String shorten(String name) {
    return name.length() <= SHOWN_NAME_LENGTH ? name : name.substring(0, SHOWN_NAME_LENGTH) + "...";
  }
}
