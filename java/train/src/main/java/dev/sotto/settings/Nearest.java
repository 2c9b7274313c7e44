package dev.sotto.settings;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** What someone may have meant who mistyped a word. */
public final class Nearest {
  /** Letters that may differ. */
  private static final int MOST = 3;

  private Nearest() {}

  /** The word that differs least from another; empty if all differ by a lot. */
  public static Optional<String> of(List<String> words, String typed) {
    return words.stream()
        .min(Comparator.comparingInt(word -> distance(word, typed)))
        .filter(word -> distance(word, typed) <= Math.min(MOST, typed.length() / 2));
  }

  private static int distance(String word, String typed) {
    return LevenshteinDistance.getDefaultInstance().apply(word, typed);
  }
}
