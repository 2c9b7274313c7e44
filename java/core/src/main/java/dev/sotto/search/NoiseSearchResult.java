package dev.sotto.search;

import java.util.List;

/**
 * What a search found.
 *
 * @param query what was asked
 * @param gaussian the Gaussian that meets the query
 * @param laplace the plain Laplace noise that meets it
 * @param lmo the best LMO noise found that meets it; never worse than the Laplace noise, which is a
 *     member of that family
 */
public record NoiseSearchResult(
    NoiseQuery query, NoiseCandidate gaussian, NoiseCandidate laplace, NoiseCandidate lmo) {
  /** Differences below this are within the tolerance of the scaling, and the plainer noise wins. */
  public static final double TIE = 1e-3;

  /**
   * All three.
   *
   * @return plainest first
   */
  public List<NoiseCandidate> candidates() {
    return List.of(gaussian, laplace, lmo);
  }

  /**
   * The best noise for the query; a plainer one unless it is beaten by more than {@link #TIE}.
   *
   * @return the winner
   */
  public NoiseCandidate winner() {
    NoiseCandidate best = gaussian;
    for (NoiseCandidate candidate : candidates()) {
      if (candidate.beats(best, query.objective(), TIE)) {
        best = candidate;
      }
    }
    return best;
  }

  /**
   * A candidate's objective over the Gaussian's.
   *
   * @param candidate one of the three
   * @return below 1 is better for variance and absolute, above 1 for usefulness
   */
  public double ratioToGaussian(NoiseCandidate candidate) {
    return candidate.value(query.objective()) / gaussian.value(query.objective());
  }
}
