package dev.sotto.task;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * BLEU over a corpus (Papineni et al. 2002) as sacreBLEU 2.6 prints it (Post 2018): 13a tokens,
 * case kept, precisions of 1 to 4 tokens, smoothed by halving where none matches (Chen and Cherry
 * 2014, method 3).
 *
 * <p>100 · BP · exp(Σ ln p_n / 4). p_n is the share of a text's n-grams that stand in a reference,
 * each counted at most as often as in the one that has it most. BP = exp(1 - r/c) where the texts
 * are shorter, c, than the references of the nearest lengths together, r; of two as near the
 * shorter counts.
 *
 * @param score 0 to 100
 * @param precisions p_1 to p_4 in percent
 * @param brevityPenalty BP, 0 to 1
 * @param tokens c
 * @param referenceTokens r
 */
public record Bleu(
    double score, List<Double> precisions, double brevityPenalty, int tokens, int referenceTokens) {
  private static final int ORDER = 4;

  /**
   * Measures texts.
   *
   * @param texts at least one
   */
  public static Bleu of(List<GeneratedText> texts) {
    int[] matches = new int[ORDER];
    int[] totals = new int[ORDER];
    int length = 0;
    int referenceLength = 0;
    for (GeneratedText text : texts) {
      List<String> tokens = Tokens.mteval13a(text.text());
      List<List<String>> references = text.references().stream().map(Tokens::mteval13a).toList();
      length += tokens.size();
      referenceLength += nearest(tokens.size(), references);
      for (int n = 1; n <= ORDER; n++) {
        Map<List<String>, Integer> most = new HashMap<>();
        for (List<String> reference : references) {
          NGrams.of(reference, n).forEach((ngram, count) -> most.merge(ngram, count, Math::max));
        }
        Map<List<String>, Integer> found = NGrams.of(tokens, n);
        matches[n - 1] += NGrams.common(found, most);
        totals[n - 1] += NGrams.total(found);
      }
    }
    return of(matches, totals, length, referenceLength);
  }

  private static int nearest(int length, List<List<String>> references) {
    int nearest = references.get(0).size();
    for (List<String> reference : references) {
      int closer = Math.abs(nearest - length) - Math.abs(reference.size() - length);
      if (closer > 0 || closer == 0 && reference.size() < nearest) {
        nearest = reference.size();
      }
    }
    return nearest;
  }

  private static Bleu of(int[] matches, int[] totals, int length, int referenceLength) {
    double penalty =
        length >= referenceLength
            ? 1
            : length == 0 ? 0 : Math.exp(1 - (double) referenceLength / length);
    Double[] precisions = {0.0, 0.0, 0.0, 0.0};
    double logs = 0;
    double halving = 1;
    for (int n = 0; n < ORDER; n++) {
      // No text has so many tokens, or no word is shared: nothing to smooth.
      if (totals[n] == 0 || matches[0] == 0) {
        logs = Double.NEGATIVE_INFINITY;
        break;
      }
      halving *= matches[n] == 0 ? 2 : 1;
      precisions[n] =
          matches[n] == 0 ? 100 / (halving * totals[n]) : 100.0 * matches[n] / totals[n];
      logs += Math.log(precisions[n]);
    }
    return new Bleu(
        penalty * Math.exp(logs / ORDER), List.of(precisions), penalty, length, referenceLength);
  }
}
