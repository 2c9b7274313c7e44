package dev.sotto.data;

/**
 * One record of a data file. Private.
 *
 * @param prompt text that is given and not learned; null when the whole record is learned
 * @param text text that is learned: the completion of the prompt, or the whole record; may be empty
 * @param unit the privacy unit's value, shared by all records of one person or encounter; null when
 *     each record is a unit of its own
 */
public record TextRecord(String prompt, String text, String unit) {

  /**
   * A record that is learned whole and is a privacy unit of its own.
   *
   * @param text its text
   * @return the record
   */
  public static TextRecord of(String text) {
    return new TextRecord(null, text, null);
  }

  /** Says nothing of the content, so that no log or message can. */
  @Override
  public String toString() {
    return "TextRecord[private]";
  }
}
