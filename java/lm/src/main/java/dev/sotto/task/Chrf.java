package dev.sotto.task;

import java.util.List;
import java.util.stream.IntStream;

/**
 * chrF over a corpus (Popović 2015) as sacreBLEU 2.6 prints it: runs of 1 to 6 characters, blanks
 * left out, recall twice as important as precision.
 *
 * <p>100 · 5PR/(4P + R), with P and R the means over the six lengths, of those that occur in texts
 * and references, of the share of the texts' runs that stand in the reference and of the
 * reference's that stand in the text. Of several references that counts whose own chrF is best.
 */
public final class Chrf {
  private static final int ORDER = 6;
  private static final double BETA_SQUARED = 4;

  private Chrf() {}

  /** Counts by length of runs: those of the text, of the reference, of both. */
  private record Counts(int[] text, int[] reference, int[] common) {
    static Counts none() {
      return new Counts(new int[ORDER], new int[ORDER], new int[ORDER]);
    }

    static Counts of(List<Integer> text, List<Integer> reference) {
      Counts counts = none();
      for (int n = 1; n <= ORDER; n++) {
        var found = NGrams.of(text, n);
        var wanted = NGrams.of(reference, n);
        counts.text[n - 1] = wanted.isEmpty() ? 0 : NGrams.total(found);
        counts.reference[n - 1] = NGrams.total(wanted);
        counts.common[n - 1] = NGrams.common(found, wanted);
      }
      return counts;
    }

    void add(Counts other) {
      for (int n = 0; n < ORDER; n++) {
        text[n] += other.text[n];
        reference[n] += other.reference[n];
        common[n] += other.common[n];
      }
    }

    double score() {
      int[] orders =
          IntStream.range(0, ORDER).filter(n -> text[n] > 0 && reference[n] > 0).toArray();
      double precision = mean(orders, text);
      double recall = mean(orders, reference);
      return precision + recall == 0
          ? 0
          : 100 * ((1 + BETA_SQUARED) * precision * recall) / (BETA_SQUARED * precision + recall);
    }

    private double mean(int[] orders, int[] totals) {
      return IntStream.of(orders)
          .mapToDouble(n -> (double) common[n] / totals[n])
          .average()
          .orElse(0);
    }
  }

  /**
   * Measures texts.
   *
   * @param texts at least one
   * @return 0 to 100
   */
  public static double of(List<GeneratedText> texts) {
    Counts all = Counts.none();
    for (GeneratedText text : texts) {
      List<Integer> characters = Tokens.characters(text.text());
      Counts best = null;
      for (String reference : text.references()) {
        Counts counts = Counts.of(characters, Tokens.characters(reference));
        // Of equals the first, as in sacreBLEU.
        if (best == null || counts.score() > best.score()) {
          best = counts;
        }
      }
      all.add(best);
    }
    return all.score();
  }
}
