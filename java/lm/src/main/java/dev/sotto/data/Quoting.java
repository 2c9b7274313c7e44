package dev.sotto.data;

/** What a quotation mark means in a table. */
public enum Quoting {
  /** It opens and closes a field that may hold delimiters and line ends (RFC 4180). */
  CSV,
  /** It is a character like any other, as in GLUE's files. */
  NONE
}
