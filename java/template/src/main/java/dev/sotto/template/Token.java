package dev.sotto.template;

/**
 * A piece of a template.
 *
 * @param kind what it is
 * @param text of data and strings what stands for it, of names and operators as they are written
 * @param line where it begins, from 1
 */
record Token(Kind kind, String text, int line) {
  /** The kinds of tokens. */
  enum Kind {
    DATA("template data"),
    VARIABLE_BEGIN("begin of print statement"),
    VARIABLE_END("end of print statement"),
    BLOCK_BEGIN("begin of statement block"),
    BLOCK_END("end of statement block"),
    NAME("name"),
    STRING("string"),
    INTEGER("integer"),
    FLOAT("float"),
    OPERATOR("operator"),
    END("end of template");

    private final String words;

    Kind(String words) {
      this.words = words;
    }
  }

  boolean is(Kind wanted) {
    return kind == wanted;
  }

  boolean isOperator(String wanted) {
    return kind == Kind.OPERATOR && text.equals(wanted);
  }

  boolean isName(String wanted) {
    return kind == Kind.NAME && text.equals(wanted);
  }

  /** As messages call it. */
  String words() {
    return kind == Kind.NAME || kind == Kind.OPERATOR ? "'" + text + "'" : kind.words;
  }
}
