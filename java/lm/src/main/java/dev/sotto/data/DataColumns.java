package dev.sotto.data;

import dev.sotto.base.InputException;
import java.text.Normalizer;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which columns (CSV, TSV) or fields (JSON) make a record.
 *
 * @param text the column that is learned; the completion if there is a prompt; what a label is
 *     about
 * @param prompt the column that is given and not learned; null for none
 * @param unit the column whose value is the privacy unit; null when each record is one. Values are
 *     {@link #compared}; case counts
 * @param pair the column of the second text, where a label is about two
 * @param label the column of the label
 */
public record DataColumns(
    String text, String prompt, String unit, Optional<String> pair, Optional<String> label) {
  /** Column that is read when the user names none. */
  public static final String DEFAULT_TEXT = "text";

  /** Blanks, control and format characters at either end. */
  private static final Pattern AROUND =
      Pattern.compile("^[\\p{IsWhite_Space}\\p{Cc}\\p{Cf}]+|[\\p{IsWhite_Space}\\p{Cc}\\p{Cf}]+$");

  /**
   * Checks the names.
   *
   * @throws InputException if a name is blank, one column serves twice, or a prompt stands beside a
   *     pair or label
   */
  public DataColumns {
    if (Stream.of(text, prompt == null ? "-" : prompt, unit == null ? "-" : unit)
            .anyMatch(name -> name == null || name.isBlank())
        || pair.filter(String::isBlank).isPresent()
        || label.filter(String::isBlank).isPresent()) {
      throw new InputException("a column name is blank; name a column of the data");
    }
    if (text.equals(prompt)) {
      throw new InputException(
          "column '" + text + "' is both prompt and completion; name two columns");
    }
    if (prompt != null && (pair.isPresent() || label.isPresent())) {
      throw new InputException(
          "column '"
              + prompt
              + "' is a prompt, which goes with a completion and not with a pair or a label; name"
              + " a text column instead");
    }
    Set<String> read = new HashSet<>(Set.of(text));
    for (String name : Stream.of(pair, label).flatMap(Optional::stream).toList()) {
      if (!read.add(name)) {
        throw new InputException(
            "column '" + name + "' is asked for twice of text, pair and label; name other columns");
      }
    }
  }

  /**
   * Records that are learned whole.
   *
   * @param text the column of the text
   * @return the columns
   */
  public static DataColumns text(String text) {
    return new DataColumns(text, null, null, Optional.empty(), Optional.empty());
  }

  /**
   * Pairs of which only the completion is learned.
   *
   * @param prompt the column of the prompt
   * @param completion the column of the completion
   * @return the columns
   */
  public static DataColumns promptAndCompletion(String prompt, String completion) {
    return new DataColumns(completion, prompt, null, Optional.empty(), Optional.empty());
  }

  /**
   * The same columns with a privacy unit.
   *
   * @param unitColumn the column whose value is the unit; null for none
   * @return the columns
   */
  public DataColumns withUnit(String unitColumn) {
    return new DataColumns(text, prompt, unitColumn, pair, label);
  }

  /** The same columns with a second text. */
  public DataColumns withPair(String pairColumn) {
    return new DataColumns(text, prompt, unit, Optional.of(pairColumn), label);
  }

  /** The same columns with a label. */
  public DataColumns withLabel(String labelColumn) {
    return new DataColumns(text, prompt, unit, pair, Optional.of(labelColumn));
  }

  /** The columns that a file must have. */
  List<String> names() {
    return Stream.concat(Stream.of(text), namesBesideText()).toList();
  }

  /** The columns that plain text cannot have. */
  Stream<String> namesBesideText() {
    return Stream.of(prompt, unit, pair.orElse(null), label.orElse(null)).filter(Objects::nonNull);
  }

  /** One row. */
  interface Row {
    /** The value in a column; throws if there is none. */
    String value(String column);

    /** Where that is: file, line and, where there are such, column number. */
    String place(String column);
  }

  /** The privacy unit of one row; null where each record is one. */
  String unit(Row row) {
    if (unit == null) {
      return null;
    }
    String value = compared(row.value(unit));
    // Blank units would all be taken for one person, or each for another: both are guesses.
    if (value.isEmpty()) {
      throw new InputException(
          row.place(unit)
              + ": the privacy-unit column '"
              + unit
              + "' is empty; fill it in every row");
    }
    return value;
  }

  /** Makes the record of one row. */
  TextRecord record(Row row) {
    String unitValue = unit(row);
    return new TextRecord(
        prompt == null ? null : row.value(prompt),
        row.value(text),
        unitValue,
        pair.map(row::value),
        label.map(column -> new TextRecord.Label(compared(row.value(column)), row.place(column))));
  }

  /**
   * A unit's or label's value as it is compared: in Unicode's composed form (NFC), without blanks
   * and invisible characters around it. Upper and lower case remain two values.
   *
   * @param value as it stands somewhere
   * @return the same for all that count as equal
   */
  public static String compared(String value) {
    return AROUND.matcher(Normalizer.normalize(value, Normalizer.Form.NFC)).replaceAll("");
  }
}
