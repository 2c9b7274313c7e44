package dev.sotto.data;

import dev.sotto.base.InputException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which columns (CSV, TSV) or fields (JSON) make a record.
 *
 * @param text the column that is learned; the completion if there is a prompt
 * @param prompt the column that is given and not learned; null for none
 * @param unit the column whose value is the privacy unit; null when each record is one. Values are
 *     compared in Unicode's composed form, without blanks and invisible characters around them;
 *     case counts
 */
public record DataColumns(String text, String prompt, String unit) {
  /** Column that is read when the user names none. */
  public static final String DEFAULT_TEXT = "text";

  /** Blanks, control and format characters at either end. */
  private static final Pattern AROUND =
      Pattern.compile("^[\\p{IsWhite_Space}\\p{Cc}\\p{Cf}]+|[\\p{IsWhite_Space}\\p{Cc}\\p{Cf}]+$");

  /**
   * Checks the names.
   *
   * @throws InputException if a name is blank or one column serves as prompt and text
   */
  public DataColumns {
    for (String name :
        new String[] {text, prompt == null ? "-" : prompt, unit == null ? "-" : unit}) {
      if (name == null || name.isBlank()) {
        throw new InputException("a column name is blank; name a column of the data");
      }
    }
    if (text.equals(prompt)) {
      throw new InputException(
          "column '" + text + "' is both prompt and completion; name two columns");
    }
  }

  /**
   * Records that are learned whole.
   *
   * @param text the column of the text
   * @return the columns
   */
  public static DataColumns text(String text) {
    return new DataColumns(text, null, null);
  }

  /**
   * Pairs of which only the completion is learned.
   *
   * @param prompt the column of the prompt
   * @param completion the column of the completion
   * @return the columns
   */
  public static DataColumns promptAndCompletion(String prompt, String completion) {
    return new DataColumns(completion, prompt, null);
  }

  /**
   * The same columns with a privacy unit.
   *
   * @param unitColumn the column whose value is the unit; null for none
   * @return the columns
   */
  public DataColumns withUnit(String unitColumn) {
    return new DataColumns(text, prompt, unitColumn);
  }

  /** The columns that a file must have. */
  List<String> names() {
    List<String> names = new ArrayList<>();
    names.add(text);
    if (prompt != null) {
      names.add(prompt);
    }
    if (unit != null) {
      names.add(unit);
    }
    return names;
  }

  /** One row. */
  interface Row {
    /** The value in a column; throws if there is none. */
    String value(String column);

    /** Where that is: file, line and, where there are such, column number. */
    String place(String column);
  }

  /** Makes the record of one row. */
  TextRecord record(Row row) {
    String unitValue = null;
    if (unit != null) {
      unitValue = unitName(row.value(unit));
      // Blank units would all be taken for one person, or each for another: both are guesses.
      if (unitValue.isEmpty()) {
        throw new InputException(
            row.place(unit)
                + ": the privacy-unit column '"
                + unit
                + "' is empty; fill it in every row");
      }
    }
    return new TextRecord(prompt == null ? null : row.value(prompt), row.value(text), unitValue);
  }

  /**
   * A unit's value as it is compared: in Unicode's composed form (NFC), without blanks and
   * invisible characters around it. Upper and lower case remain two units.
   */
  private static String unitName(String value) {
    return AROUND.matcher(Normalizer.normalize(value, Normalizer.Form.NFC)).replaceAll("");
  }
}
