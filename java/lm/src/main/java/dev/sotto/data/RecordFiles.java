package dev.sotto.data;

import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.PlainFile;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads the records of a data file. The format is told by the name, each also with {@code .gz}
 * behind it:
 *
 * <ul>
 *   <li>{@code .csv}: with a header; quoted fields may hold commas, quotes and line ends (RFC 4180)
 *   <li>{@code .tsv}: with a header; tab-separated, quotes are ordinary characters. {@link
 *       TableLayout} changes quotes and header of both
 *   <li>{@code .jsonl}, {@code .ndjson}: one JSON object a line
 *   <li>{@code .json}: an array of objects, or of strings
 *   <li>{@code .txt}: records as {@link TextSplit} says
 * </ul>
 *
 * <p>Where {@link RecordOptions#layout} says that records are conversations, each is a JSON object.
 *
 * <p>Format, delimiter and cut follow from the name and the options, never from what a record
 * holds. Blank lines are no records. Text must be UTF-8. Messages name file, line, column number or
 * byte and the kind of fault, never what the file holds, unless {@link RecordOptions#showValues}.
 */
public final class RecordFiles {
  private static final String KNOWN = ".csv, .tsv, .jsonl, .ndjson, .json or .txt, also with .gz";

  private static final String TEXT = "txt";
  private static final String CSV = "csv";
  private static final String TSV = "tsv";

  private RecordFiles() {}

  /**
   * Reads all records with {@link RecordOptions#DEFAULT}.
   *
   * @param file the data file
   * @param columns which columns make a record
   * @return the records in the file's order, at least one
   * @throws InputException as {@link #read(Path, DataColumns, RecordOptions)}
   */
  public static List<TextRecord> read(Path file, DataColumns columns) {
    return read(file, columns, RecordOptions.DEFAULT);
  }

  /**
   * Reads all records.
   *
   * @param file the data file
   * @param columns which columns make a record; for plain text and arrays of strings there are
   *     none, so neither a prompt nor a privacy unit can be asked for
   * @param options how to read
   * @return the records in the file's order, at least one
   * @throws InputException if the file is missing, unreadable, malformed, not UTF-8, lacks a column
   *     or holds no records
   */
  public static List<TextRecord> read(Path file, DataColumns columns, RecordOptions options) {
    List<TextRecord> records = new ArrayList<>();
    forEach(file, columns, options, records::add);
    return records;
  }

  /**
   * Reads records one after the other, with no more of the file in memory than one record and a few
   * buffers; but with {@link TextSplit#FILE} all of it is one record.
   *
   * @param sink takes the records in the file's order
   * @throws InputException as {@link #read(Path, DataColumns, RecordOptions)}, at a fault that may
   *     stand behind records that were taken already
   */
  public static void forEach(
      Path file, DataColumns columns, RecordOptions options, Consumer<TextRecord> sink) {
    String format = format(file);
    if (options.layout().isPresent() && List.of(CSV, TSV, TEXT).contains(format)) {
      throw new InputException(
          file + ": holds no conversations by its name; name a .jsonl, .ndjson or .json file");
    }
    LongAdder count = new LongAdder();
    Consumer<TextRecord> counted =
        record -> {
          count.increment();
          sink.accept(record);
        };
    parse(
        file,
        reader -> {
          switch (format) {
            case CSV, TSV ->
                new DelimitedRecords(file, format.equals(TSV), options)
                    .rows(reader, columns.names(), row -> counted.accept(columns.record(row)));
            case "jsonl", "ndjson" ->
                new JsonRecords(file, columns, options).lines(reader, counted);
            case "json" -> new JsonRecords(file, columns, options).array(reader, counted);
            case TEXT -> PlainTextRecords.read(file, reader, columns, options.textSplit(), counted);
            default ->
                throw new InputException(
                    file
                        + (format.isEmpty()
                            ? ": its name says no format"
                            : ": unknown format '." + format + "'")
                        + "; name a file that ends in "
                        + KNOWN);
          }
          return null;
        });
    if (count.sum() == 0) {
      throw new InputException(file + ": holds no records; name a file with at least one");
    }
  }

  /**
   * Reads columns of a comma-separated table, row by row.
   *
   * @param file a CSV file with a header, possibly with {@code .gz}
   * @param columns the columns wanted; the file may have others
   * @param sink takes the values of each row, in the order of {@code columns}
   * @throws InputException if the file is missing, unreadable, malformed, not UTF-8 or lacks a
   *     column
   */
  public static void readTable(Path file, List<String> columns, Consumer<List<String>> sink) {
    parse(
        file,
        reader -> {
          new DelimitedRecords(file, false, RecordOptions.DEFAULT)
              .rows(reader, columns, row -> sink.accept(columns.stream().map(row::value).toList()));
          return null;
        });
  }

  /**
   * The names in a table's first line. Of a file without such a line this is a record: private.
   *
   * @param file a CSV or TSV file, possibly with {@code .gz}
   * @param options how to read
   * @return the names in the file's order; none if the file is empty
   * @throws InputException if the file is no table, missing, unreadable, malformed or not UTF-8
   */
  public static List<String> header(Path file, RecordOptions options) {
    String format = format(file);
    if (!List.of(CSV, TSV).contains(format)) {
      throw new InputException(file + ": is no table; name a file that ends in .csv or .tsv");
    }
    return parse(
        file, reader -> new DelimitedRecords(file, format.equals(TSV), options).header(reader));
  }

  /** What makes something of a file's text. */
  @FunctionalInterface
  private interface Parser<T> {
    T parse(BufferedReader reader) throws IOException;
  }

  private static <T> T parse(Path file, Parser<T> parser) {
    try (BufferedReader reader =
        new BufferedReader(new Utf8Reader(file, open(file, compressed(file))), 1 << 16)) {
      return parser.parse(reader);
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": no such file; check the path", e);
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (UncheckedIOException e) {
      throw unreadable(file, e.getCause());
    }
  }

  /**
   * Whether a file is plain text by its name, so that {@link TextSplit} says what a record is.
   *
   * @param file the data file
   * @return whether its name ends in {@code .txt} or {@code .txt.gz}
   */
  public static boolean isPlainText(Path file) {
    return format(file).equals(TEXT);
  }

  private static boolean compressed(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".gz");
  }

  private static String format(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    String plain = compressed(file) ? name.substring(0, name.length() - 3) : name;
    return plain.contains(".") ? plain.substring(plain.lastIndexOf('.') + 1) : "";
  }

  private static InputStream open(Path file, boolean compressed) throws IOException {
    InputStream raw =
        new BufferedInputStream(Files.newInputStream(PlainFile.require(file)), 1 << 16);
    if (!compressed) {
      return requireNotGzip(file, raw);
    }
    try {
      return new GZIPInputStream(raw, 1 << 16);
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }

  /** By the two bytes that begin gzip, of which the second begins no character in UTF-8. */
  private static InputStream requireNotGzip(Path file, InputStream raw) throws IOException {
    raw.mark(2);
    if (raw.read() == 0x1f && raw.read() == 0x8b) {
      raw.close();
      throw new InputException(file + ": is compressed by gzip; let its name end in .gz");
    }
    raw.reset();
    return raw;
  }

  /** Names the failure by its type alone: a parser's message may quote what it choked on. */
  private static InputException unreadable(Path file, IOException e) {
    if (e instanceof ZipException || e instanceof EOFException) {
      return new InputException(file + ": is not a complete gzip file; compress it again");
    }
    return new InputException(
        file + ": cannot be read: " + FileFailure.why(e) + "; check the file");
  }
}
