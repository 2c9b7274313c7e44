package dev.sotto.audit;

import java.util.List;

/**
 * Canaries of one kind together.
 *
 * @param count how many
 * @param extracted share of them whose secret was said in full
 * @param jaccard mean over them
 * @param exposure mean over them, in bits
 * @param mostExposed the greatest exposure, in bits
 */
public record CanarySummary(
    int count, double extracted, double jaccard, double exposure, double mostExposed) {

  /**
   * Of the planted ones, or of the others, which show what chance does.
   *
   * @param results of both kinds
   * @param planted which kind
   * @return the summary; its means are NaN if there is none of the kind
   */
  public static CanarySummary of(List<CanaryResult> results, boolean planted) {
    List<CanaryResult> kind =
        results.stream().filter(result -> result.canary().planted() == planted).toList();
    return new CanarySummary(
        kind.size(),
        kind.stream().mapToDouble(r -> r.extracted() ? 1 : 0).average().orElse(Double.NaN),
        kind.stream().mapToDouble(CanaryResult::jaccard).average().orElse(Double.NaN),
        kind.stream().mapToDouble(CanaryResult::exposure).average().orElse(Double.NaN),
        kind.stream().mapToDouble(CanaryResult::exposure).max().orElse(Double.NaN));
  }
}
