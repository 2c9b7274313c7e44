package dev.sotto.data;

import java.util.List;
import java.util.Optional;

/**
 * How a table (CSV, TSV) is laid out: public knowledge, never guessed from its records.
 *
 * @param quoting what a quotation mark means; empty for what the name of the file says: {@link
 *     Quoting#CSV} for {@code .csv}, {@link Quoting#NONE} for {@code .tsv}
 * @param header the names of the columns, where the file has no line that says them; empty where
 *     its first line does
 */
public record TableLayout(Optional<Quoting> quoting, List<String> header) {
  /** Quotes as the file's name says, names of columns in the first line. */
  public static final TableLayout DEFAULT = new TableLayout(Optional.empty(), List.of());

  /** Makes the list immutable. */
  public TableLayout {
    header = List.copyOf(header);
  }
}
