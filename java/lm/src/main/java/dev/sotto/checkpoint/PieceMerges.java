package dev.sotto.checkpoint;

import dev.sotto.gguf.Metadata;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The merges of a BPE that do what SentencePiece does with scores: each way to cut a piece into two
 * others, the best piece first, as transformers extracts them (convert_slow_tokenizer, {@code
 * generate_merges}).
 */
final class PieceMerges {
  /** SentencePiece's pieces have 16 characters unless trained otherwise. */
  private static final int LONGEST = 128;

  private record Merge(String left, String right, double score) {
    int leftLength() {
      return left.codePointCount(0, left.length());
    }

    int rightLength() {
      return right.codePointCount(0, right.length());
    }
  }

  private PieceMerges() {}

  /**
   * The merges in the order in which they apply, {@code left right}.
   *
   * @param vocabulary ids by token, in the order of ids
   * @param kinds of each token
   * @param scores of each token
   * @param normal the kind that takes part
   */
  static List<String> of(
      Metadata metadata,
      Map<String, Integer> vocabulary,
      List<Double> kinds,
      List<Double> scores,
      int normal) {
    List<Merge> merges = new ArrayList<>();
    for (Map.Entry<String, Integer> token : vocabulary.entrySet()) {
      String piece = token.getKey();
      int id = token.getValue();
      if (kinds.get(id) != normal || piece.contains(" ")) {
        continue;
      }
      if (piece.length() > LONGEST) {
        throw metadata.wrong(
            "tokenizer.ggml.tokens",
            "holds token " + id + " of " + piece.length() + " characters; the limit is " + LONGEST);
      }
      List<Merge> cuts = new ArrayList<>();
      for (int at = 1; at < piece.length(); at++) {
        String left = piece.substring(0, at);
        String right = piece.substring(at);
        if (isNormal(left, vocabulary, kinds, normal)
            && isNormal(right, vocabulary, kinds, normal)) {
          cuts.add(new Merge(left, right, scores.get(id)));
        }
      }
      cuts.sort(
          Comparator.<Merge>comparingInt(cut -> vocabulary.get(cut.left()))
              .thenComparingInt(cut -> vocabulary.get(cut.right())));
      merges.addAll(cuts);
    }
    merges.sort(
        Comparator.comparingDouble(Merge::score)
            .thenComparingInt(Merge::leftLength)
            .thenComparingInt(Merge::rightLength)
            .reversed());
    return merges.stream().map(merge -> merge.left() + " " + merge.right()).toList();
  }

  private static boolean isNormal(
      String piece, Map<String, Integer> vocabulary, List<Double> kinds, int normal) {
    Integer id = vocabulary.get(piece);
    return id != null && kinds.get(id) == normal;
  }
}
