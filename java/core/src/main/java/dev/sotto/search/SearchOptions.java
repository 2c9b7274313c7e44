package dev.sotto.search;

/**
 * How hard to search.
 *
 * @param seed of the random starts and steps; the result depends on it and not on the threads
 * @param starts how many times the optimizer is started
 * @param evaluations most shapes that one start looks at
 * @param threads starts that run at the same time
 */
public record SearchOptions(long seed, int starts, int evaluations, int threads) {
  /** Checks the numbers. */
  public SearchOptions {
    atLeastOne("starts", starts);
    atLeastOne("evaluations", evaluations);
    atLeastOne("threads", threads);
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(
          "a noise search needs " + name + " of at least 1, got " + value);
    }
  }

  /**
   * Ten starts of up to 500 evaluations, on every hardware thread.
   *
   * @return the options
   */
  public static SearchOptions defaults() {
    return new SearchOptions(0, 10, 500, Runtime.getRuntime().availableProcessors());
  }
}
