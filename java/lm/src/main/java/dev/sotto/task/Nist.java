package dev.sotto.task;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * NIST over a corpus (Doddington 2002) as NLTK 3.10 has it, over 13a tokens and runs of 1 to 5.
 *
 * <p>Σ_n (information of the shared n-grams) / (number of the text's n-grams), times a penalty for
 * short texts. The information of w_1…w_n is log₂ of how often w_1…w_(n-1) stands in all references
 * over how often w_1…w_n does. For each n that reference of a text counts in which the share is
 * best. The penalty is exp(β ln² min(c/r, 1)), with β such that c = 2r/3 halves the score. Texts of
 * fewer than five tokens, which have no runs of five, are left out with their references.
 */
public final class Nist {
  private static final int ORDER = 5;
  private static final double BETA = Math.log(0.5) / Math.pow(Math.log(1.5), 2);

  private Nist() {}

  /** Tokens of a text and of its references. */
  private record Item(List<String> tokens, List<List<String>> references) {}

  /** How much of a text a reference has, for one n. */
  private record Match(double share, double information, int total, int length)
      implements Comparable<Match> {
    private static final Comparator<Match> ORDERING =
        Comparator.comparingDouble(Match::share)
            .thenComparingDouble(Match::information)
            .thenComparingInt(Match::length);

    @Override
    public int compareTo(Match other) {
      return ORDERING.compare(this, other);
    }
  }

  /**
   * Measures texts.
   *
   * @param texts at least one
   * @return 0 or more; 0 where no text has five tokens
   */
  public static double of(List<GeneratedText> texts) {
    List<Item> items =
        texts.stream()
            .map(
                text ->
                    new Item(
                        Tokens.mteval13a(text.text()),
                        text.references().stream().map(Tokens::mteval13a).toList()))
            .filter(item -> item.tokens().size() >= ORDER)
            .toList();
    if (items.isEmpty()) {
      return 0;
    }
    Map<List<String>, Integer> counts = new HashMap<>();
    for (Item item : items) {
      for (List<String> reference : item.references()) {
        counts.merge(List.of(), reference.size(), Integer::sum);
        for (int n = 1; n <= ORDER; n++) {
          NGrams.of(reference, n)
              .forEach((ngram, count) -> counts.merge(ngram, count, Integer::sum));
        }
      }
    }
    double score = 0;
    double length = 0;
    double referenceLength = 0;
    for (int n = 1; n <= ORDER; n++) {
      double information = 0;
      double total = 0;
      for (Item item : items) {
        Match best = best(item, n, counts);
        information += best.information();
        total += best.total();
        referenceLength += best.length();
        length += item.tokens().size();
      }
      score += information / total;
    }
    double ratio = referenceLength == 0 ? 1 : Math.min(length / referenceLength, 1);
    return score * Math.exp(BETA * Math.pow(Math.log(ratio), 2));
  }

  private static Match best(Item item, int n, Map<List<String>, Integer> counts) {
    Map<List<String>, Integer> found = NGrams.of(item.tokens(), n);
    int total = NGrams.total(found);
    List<Match> matches = new ArrayList<>();
    for (List<String> reference : item.references()) {
      Map<List<String>, Integer> wanted = NGrams.of(reference, n);
      double information =
          found.entrySet().stream()
              .filter(entry -> wanted.containsKey(entry.getKey()))
              .mapToDouble(
                  entry ->
                      Math.min(entry.getValue(), wanted.get(entry.getKey()))
                          * information(entry.getKey(), counts))
              .sum();
      matches.add(new Match(information / total, information, total, reference.size()));
    }
    return matches.stream().max(Comparator.naturalOrder()).orElseThrow();
  }

  private static double information(List<String> ngram, Map<List<String>, Integer> counts) {
    double before = counts.get(ngram.subList(0, ngram.size() - 1));
    return Math.log(before / counts.get(ngram)) / Math.log(2);
  }
}
