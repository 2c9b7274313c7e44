package dev.sotto.task;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Sequences of n tokens, and how often each stands in a text. */
final class NGrams {
  private NGrams() {}

  /** Counts of the sequences of {@code n} tokens; empty where there are fewer tokens. */
  static <T> Map<List<T>, Integer> of(List<T> tokens, int n) {
    Map<List<T>, Integer> counts = new HashMap<>();
    for (int from = 0; from + n <= tokens.size(); from++) {
      counts.merge(tokens.subList(from, from + n), 1, Integer::sum);
    }
    return counts;
  }

  static int total(Map<?, Integer> counts) {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** How many of the first are also in the second, each counted as often as in both. */
  static <T> int common(Map<List<T>, Integer> one, Map<List<T>, Integer> other) {
    return one.entrySet().stream()
        .mapToInt(entry -> Math.min(entry.getValue(), other.getOrDefault(entry.getKey(), 0)))
        .sum();
  }
}
