package dev.sotto.search;

import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.mechanism.ScalarMechanism;

/**
 * The noise of one private number, or of a few under an L2 bound: the best that the search finds
 * under the sound account, a plainer one unless it is beaten. The rounding that {@link
 * ScalarMechanism} does is charged to the sensitivity.
 *
 * @param result what the search found
 */
public record ScalarNoise(NoiseSearchResult result) {
  /** A short search: a scalar law has few shapes worth trying. */
  private static final int STARTS = 4;

  private static final int EVALUATIONS = 240;

  /**
   * The noise for one number released once, without sampling.
   *
   * @param sensitivity by how much one privacy unit can move the number, before it is rounded
   * @param epsilon of the release
   * @param delta of the release
   * @param objective what is wanted of the noise
   * @return the noise
   */
  public static ScalarNoise of(
      double sensitivity, double epsilon, double delta, NoiseObjective objective) {
    return of(NoiseQuery.scalar(sensitivity, epsilon, delta, objective));
  }

  /**
   * The noise for a query; its sensitivity is the one before rounding.
   *
   * @param query what is wanted
   * @return the noise
   */
  public static ScalarNoise of(NoiseQuery query) {
    NoiseQuery charged = query.withSensitivity(ScalarMechanism.charged(query.sensitivity()));
    int threads = SearchOptions.defaults().threads();
    SearchOptions options = new SearchOptions(0, STARTS, EVALUATIONS, threads);
    return new ScalarNoise(NoiseSearch.run(charged, options, SearchProgress.NONE));
  }

  /**
   * The noise that won.
   *
   * @return its law, what it costs and what it is like
   */
  public NoiseCandidate candidate() {
    return result.winner();
  }

  /**
   * One release: what {@link ScalarMechanism} draws and what a ledger charges.
   *
   * @return the event, before sampling
   */
  public PrivacyEvent event() {
    return candidate().event();
  }

  /**
   * All releases of the query together.
   *
   * @return the event
   */
  public PrivacyEvent run() {
    return result.query().run(event());
  }
}
