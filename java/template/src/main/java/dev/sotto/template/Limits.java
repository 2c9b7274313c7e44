package dev.sotto.template;

/**
 * What rendering may take. A template comes with a model from somewhere, so it is held to these
 * whatever it does.
 *
 * @param steps most statements and expressions that are evaluated
 * @param depth most calls, loops and blocks inside each other, and most values inside each other
 * @param characters most characters of the text, and of any text on the way
 * @param range most numbers of a range, and most elements of a list
 */
public record Limits(long steps, int depth, int characters, int range) {
  /** Far above what a conversation needs: 10 million steps, 200 deep, 16 Mi characters, 100,000. */
  public static final Limits DEFAULT = new Limits(10_000_000, 200, 1 << 24, 100_000);

  /**
   * @throws IllegalArgumentException if one of them is not positive
   */
  public Limits {
    if (steps < 1 || depth < 1 || characters < 1 || range < 1) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }

  void requireCharacters(long wanted) {
    if (wanted > characters) {
      throw EvaluationFailure.limit("a text of more than " + characters + " characters");
    }
  }

  void requireElements(long wanted) {
    if (wanted > range) {
      throw EvaluationFailure.limit("a list of more than " + range + " elements");
    }
  }
}
