package dev.sotto.data;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads the records of a data file. The format is told by the name, each also with {@code .gz}
 * behind it:
 *
 * <ul>
 *   <li>{@code .csv}: with a header; quoted fields may hold commas, quotes and line ends (RFC 4180)
 *   <li>{@code .tsv}: with a header; tab-separated, quotes are ordinary characters
 *   <li>{@code .jsonl}, {@code .ndjson}: one JSON object a line; blank lines are skipped
 *   <li>{@code .json}: an array of objects, or of strings
 *   <li>{@code .txt}: one record a line, blank lines skipped; if the text holds {@code
 *       <|endoftext|>}, the documents between those marks instead, without blanks around them
 * </ul>
 *
 * <p>Text must be UTF-8. Messages name the file, line, row, column or byte, never the content.
 */
public final class RecordFiles {
  private static final String KNOWN = ".csv, .tsv, .jsonl, .ndjson, .json or .txt, also with .gz";

  private RecordFiles() {}

  /**
   * Reads all records.
   *
   * @param file the data file
   * @param columns which columns make a record; for plain text and arrays of strings there are
   *     none, so neither a prompt nor a privacy unit can be asked for
   * @return the records in the file's order, at least one
   * @throws InputException if the file is missing, unreadable, malformed, not UTF-8, lacks a column
   *     or holds no records
   */
  public static List<TextRecord> read(Path file, DataColumns columns) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    boolean compressed = name.endsWith(".gz");
    String format = extension(compressed ? name.substring(0, name.length() - 3) : name);
    List<TextRecord> records;
    try (BufferedReader reader =
        new BufferedReader(new Utf8Reader(file, open(file, compressed)), 1 << 16)) {
      records =
          switch (format) {
            case "csv" -> DelimitedRecords.csv(file, reader, columns);
            case "tsv" -> DelimitedRecords.tsv(file, reader, columns);
            case "jsonl", "ndjson" -> JsonRecords.lines(file, reader, columns);
            case "json" -> JsonRecords.array(file, reader, columns);
            case "txt" -> PlainTextRecords.read(file, reader, columns);
            default ->
                throw new InputException(
                    file + ": unknown format '." + format + "'; name a file that ends in " + KNOWN);
          };
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": no such file; check the path", e);
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (UncheckedIOException e) {
      throw unreadable(file, e.getCause());
    }
    if (records.isEmpty()) {
      throw new InputException(file + ": holds no records; name a file with at least one");
    }
    return records;
  }

  private static String extension(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static InputStream open(Path file, boolean compressed) throws IOException {
    if (Files.isDirectory(file)) {
      throw new InputException(file + ": is a directory; name a data file");
    }
    InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    if (!compressed) {
      return raw;
    }
    try {
      return new GZIPInputStream(raw, 1 << 16);
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }

  /** Names the failure by its type alone: a parser's message may quote what it choked on. */
  private static InputException unreadable(Path file, IOException e) {
    if (e instanceof ZipException || e instanceof EOFException) {
      return new InputException(file + ": is not a complete gzip file; compress it again");
    }
    return new InputException(
        file + ": cannot be read (" + e.getClass().getSimpleName() + "); check the file");
  }
}
