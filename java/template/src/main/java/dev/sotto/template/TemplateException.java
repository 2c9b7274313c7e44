package dev.sotto.template;

/**
 * A template that cannot be parsed, or cannot be rendered with what it was given. Its message is
 * one line and names the template's line. What a template says of its own accord may quote what it
 * was given, so whoever renders private messages must not print it.
 */
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Whose words the message is. */
  public enum Cause {
    /** The template is not well formed, or uses what this interpreter does not have. */
    SYNTAX,
    /** An operation failed on the values that the template was given. */
    EVALUATION,
    /** The template refused what it was given, by {@code raise_exception}. */
    RAISED,
    /** A limit on steps, depth, length or range. */
    LIMIT
  }

  private final Cause kind;
  private final String reason;
  private final int line;

  TemplateException(Cause kind, String reason, int line) {
    super(
        "line " + line + " of the template: " + oneLine(reason), null, false, kind != Cause.SYNTAX);
    this.kind = kind;
    this.reason = reason;
    this.line = line;
  }

  private static String oneLine(String reason) {
    return reason.replaceAll("\\p{Cntrl}+", " ");
  }

  /** Why it failed. */
  public Cause kind() {
    return kind;
  }

  /** What went wrong; for {@link Cause#RAISED} the template's own words, unchanged. */
  public String reason() {
    return reason;
  }

  /** The template's line, from 1. */
  public int line() {
    return line;
  }
}
