package dev.sotto.search;

/** Hears how a search gets on; called by one thread at a time. */
@FunctionalInterface
public interface SearchProgress {
  /** Hears nothing. */
  SearchProgress NONE = (done, total) -> {};

  /**
   * Some more candidates were looked at.
   *
   * @param done how many so far
   * @param total how many there will be at most
   */
  void evaluated(long done, long total);
}
