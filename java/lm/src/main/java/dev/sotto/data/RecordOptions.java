package dev.sotto.data;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * How a data file is read, apart from its columns.
 *
 * @param textSplit what a record is in a plain text file; without meaning for other files
 * @param showValues whether messages about a faulty file may quote it. For those alone who may see
 *     the records: such messages reach terminals and logs
 * @param table quotes and header of a table; without meaning for other files
 * @param layout how a conversation stands in a JSON object; empty where records are texts in
 *     columns
 */
public record RecordOptions(
    TextSplit textSplit, boolean showValues, TableLayout table, Optional<RecordLayout> layout) {
  /** Lines of plain text; messages quote nothing. */
  public static final RecordOptions DEFAULT = new RecordOptions(TextSplit.LINE, false);

  private static final int SHOWN_LENGTH = 300;

  /**
   * Options for tables whose first line names the columns.
   *
   * @param textSplit what a record is in a plain text file
   * @param showValues whether messages about a faulty file may quote it
   */
  public RecordOptions(TextSplit textSplit, boolean showValues) {
    this(textSplit, showValues, TableLayout.DEFAULT, Optional.empty());
  }

  /** The same for tables of another layout. */
  public RecordOptions withTable(TableLayout other) {
    return new RecordOptions(textSplit, showValues, other, layout);
  }

  /** The same for records that are conversations, where there is a layout. */
  public RecordOptions withLayout(Optional<RecordLayout> conversations) {
    return new RecordOptions(textSplit, showValues, table, conversations);
  }

  /** The end of a message: a quotation on one line, if that is allowed, or nothing. */
  String quote(Supplier<String> values) {
    if (!showValues) {
      return "";
    }
    String line = values.get().replaceAll("\\R", " ");
    return " ["
        + (line.length() <= SHOWN_LENGTH ? line : line.substring(0, SHOWN_LENGTH) + "...")
        + "]";
  }
}
