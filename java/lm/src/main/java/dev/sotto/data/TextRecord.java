package dev.sotto.data;

import java.util.Optional;

/**
 * One record of a data file. Private.
 *
 * @param prompt text that is given and not learned; null when the whole record is learned
 * @param text text that is learned: the completion of the prompt, or the whole record; what a label
 *     is about. May be empty
 * @param unit the privacy unit's value, shared by all records of one person or encounter; null when
 *     each record is a unit of its own
 * @param pair the second text, where a label is about two
 * @param label what is to be told of the text
 * @param conversation the record where its layout is one of {@link RecordLayout}; it has no text of
 *     its own then
 */
public record TextRecord(
    String prompt,
    String text,
    String unit,
    Optional<String> pair,
    Optional<Label> label,
    Optional<Conversation> conversation) {

  /**
   * A label as the file has it. Private.
   *
   * @param text a name of a class or a number, as {@link DataColumns#compared}
   * @param place file and line, for messages
   */
  public record Label(String text, String place) {
    /** Says nothing of the content, so that no log or message can. */
    @Override
    public String toString() {
      return "Label[private]";
    }
  }

  /** A record that is no conversation. */
  public TextRecord(
      String prompt, String text, String unit, Optional<String> pair, Optional<Label> label) {
    this(prompt, text, unit, pair, label, Optional.empty());
  }

  /**
   * A record without label.
   *
   * @param prompt text that is given and not learned; null when the whole record is learned
   * @param text text that is learned
   * @param unit the privacy unit's value; null when each record is a unit of its own
   */
  public TextRecord(String prompt, String text, String unit) {
    this(prompt, text, unit, Optional.empty(), Optional.empty());
  }

  /**
   * A record that is learned whole and is a privacy unit of its own.
   *
   * @param text its text
   * @return the record
   */
  public static TextRecord of(String text) {
    return new TextRecord(null, text, null);
  }

  /**
   * A conversation.
   *
   * @param unit the privacy unit's value; null when each record is a unit of its own
   */
  public static TextRecord of(Conversation conversation, String unit) {
    return new TextRecord(
        null, "", unit, Optional.empty(), Optional.empty(), Optional.of(conversation));
  }

  /** Says nothing of the content, so that no log or message can. */
  @Override
  public String toString() {
    return "TextRecord[private]";
  }
}
