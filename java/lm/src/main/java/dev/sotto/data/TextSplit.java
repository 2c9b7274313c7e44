package dev.sotto.data;

/**
 * What a record is in a plain text file. It is chosen beforehand and never by what the text holds:
 * if one person's words decided where other people's records begin and end, adding or removing that
 * person would change more than one unit.
 */
public enum TextSplit {
  /** Every line; blank ones are no records. */
  LINE("each line of a text file is one record"),
  /**
   * What stands between the marks {@code <|endoftext|>} by which text collections separate
   * documents, without blanks around it; blank documents are no records.
   */
  DOCUMENT_MARK("the text between two <|endoftext|> marks is one record"),
  /** The whole file. */
  FILE("a whole text file is one record");

  private final String words;

  TextSplit(String words) {
    this.words = words;
  }

  /** The rule in words. */
  public String words() {
    return words;
  }
}
