package dev.sotto.task;

import java.util.List;

/**
 * ROUGE-L (Lin 2004) as Google's rouge-score has it without stemmer: the mean over texts of the F
 * measure of the longest common subsequence of words, 2PR/(P + R) with P its share of the text and
 * R its share of the reference. Of several references the best counts.
 */
public final class RougeL {
  private RougeL() {}

  /**
   * Measures texts.
   *
   * @param texts at least one
   * @return 0 to 1
   */
  public static double of(List<GeneratedText> texts) {
    return texts.stream().mapToDouble(RougeL::of).average().orElse(0);
  }

  /** The F measure of one text. */
  static double of(GeneratedText text) {
    List<String> words = Tokens.rouge(text.text());
    return text.references().stream()
        .mapToDouble(reference -> f(words, Tokens.rouge(reference)))
        .max()
        .orElse(0);
  }

  private static double f(List<String> words, List<String> reference) {
    int common = longestCommon(words, reference);
    if (common == 0) {
      return 0;
    }
    double precision = (double) common / words.size();
    double recall = (double) common / reference.size();
    return 2 * precision * recall / (precision + recall);
  }

  /** Length of the longest common subsequence, by rows of the usual table. */
  private static int longestCommon(List<String> one, List<String> other) {
    int[] row = new int[other.size() + 1];
    for (String word : one) {
      int diagonal = 0;
      for (int j = 1; j <= other.size(); j++) {
        int above = row[j];
        row[j] = word.equals(other.get(j - 1)) ? diagonal + 1 : Math.max(above, row[j - 1]);
        diagonal = above;
      }
    }
    return row[other.size()];
  }
}
