package dev.sotto.audit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.BinomialDistribution;

/**
 * A lower bound on ε from one run (Steinke, Nasr and Jagielski 2023, "Privacy Auditing with One (1)
 * Training Run", Theorem 5.2).
 *
 * <p>m candidates were planted or kept back, each by a fair coin of its own. The auditor guesses r
 * of the coins from the scores, the highest half as planted and the lowest half as kept back, and v
 * guesses are right. If training were (ε, δ)-differentially private with respect to one candidate,
 * then v or more right guesses would have probability at most
 *
 * <pre>β(ε) + 2·m·δ·α(ε),   β = P[W ≥ v],   α = max over i of P[v > W ≥ v − i] / i,
 * W binomial with r trials and success probability e^ε / (e^ε + 1).</pre>
 *
 * The bound is an ε at which this falls below 1 less the confidence; every smaller ε is refuted
 * with it. Several r are tried, all fixed by m alone, and the allowed error is shared among them.
 *
 * @param epsilon the lower bound; 0 if nothing is refuted
 * @param delta the δ it is for
 * @param confidence probability, over coins and training, that the bound is no greater than the
 *     true ε
 * @param candidates m
 * @param guesses r of the best bound
 * @param correct v of the best bound
 */
public record CanaryAudit(
    double epsilon, double delta, double confidence, int candidates, int guesses, int correct) {
  /** No finite number of guesses can refute more than this. */
  private static final double LARGEST = 100;

  private static final int FEWEST_GUESSES = 8;
  private static final int HALVINGS = 60;

  /**
   * Audits the scores of canaries.
   *
   * @param results of planted and unplanted canaries, each planted by a fair coin and each a
   *     privacy unit of its own in training
   * @param delta δ of the claim, in [0, 1)
   * @param confidence in (0, 1), usually 0.95
   * @return the bound
   */
  public static CanaryAudit of(List<CanaryResult> results, double delta, double confidence) {
    double[] scores = results.stream().mapToDouble(CanaryResult::score).toArray();
    boolean[] planted = new boolean[scores.length];
    for (int i = 0; i < planted.length; i++) {
      planted[i] = results.get(i).canary().planted();
    }
    return of(scores, planted, delta, confidence);
  }

  /**
   * Audits any scores.
   *
   * @param scores greater where the candidate seems to have been in the data; [m]. One that is not
   *     a number counts as the least
   * @param planted whether it was, by a fair coin each; [m]
   * @param delta δ of the claim, in [0, 1)
   * @param confidence in (0, 1)
   * @return the bound
   * @throws IllegalArgumentException if lengths differ or a number is out of range
   */
  public static CanaryAudit of(
      double[] scores, boolean[] planted, double delta, double confidence) {
    int m = scores.length;
    if (m == 0 || planted.length != m) {
      throw new IllegalArgumentException(
          m + " scores for " + planted.length + " candidates; give one each, at least one");
    }
    if (!(delta >= 0) || delta >= 1) {
      throw new IllegalArgumentException("delta " + delta + " is not in [0, 1)");
    }
    if (!(confidence > 0) || confidence >= 1) {
      throw new IllegalArgumentException("confidence " + confidence + " is not in (0, 1)");
    }
    // Equal scores stay in the candidates' order, which knows nothing of the coins.
    List<Integer> order =
        IntStream.range(0, m)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -score(scores[i])))
            .toList();
    List<Integer> sizes = sizes(m);
    double failure = (1 - confidence) / sizes.size();
    CanaryAudit best = null;
    for (int guesses : sizes) {
      int correct = correct(order, planted, guesses);
      double epsilon = largestRefuted(m, guesses, correct, delta, failure);
      if (best == null || epsilon > best.epsilon) {
        best = new CanaryAudit(epsilon, delta, confidence, m, guesses, correct);
      }
    }
    return best;
  }

  private static double score(double score) {
    return Double.isNaN(score) ? Double.NEGATIVE_INFINITY : score;
  }

  /** All, half, a quarter and so on, as long as chance cannot be told from skill by fewer. */
  private static List<Integer> sizes(int m) {
    List<Integer> sizes = new ArrayList<>(List.of(m));
    for (int r = m / 2; r >= FEWEST_GUESSES; r /= 2) {
      sizes.add(r);
    }
    return sizes;
  }

  private static int correct(List<Integer> order, boolean[] planted, int guesses) {
    int in = (guesses + 1) / 2;
    int out = guesses - in;
    int correct = 0;
    for (int i : order.subList(0, in)) {
      correct += planted[i] ? 1 : 0;
    }
    for (int i : order.subList(order.size() - out, order.size())) {
      correct += planted[i] ? 0 : 1;
    }
    return correct;
  }

  private static double largestRefuted(
      int m, int guesses, int correct, double delta, double failure) {
    if (probability(m, guesses, correct, 0, delta) >= failure) {
      return 0;
    }
    double refuted = 0;
    double open = LARGEST;
    for (int i = 0; i < HALVINGS; i++) {
      double middle = (refuted + open) / 2;
      if (probability(m, guesses, correct, middle, delta) < failure) {
        refuted = middle;
      } else {
        open = middle;
      }
    }
    return refuted;
  }

  /**
   * The theorem's bound on the probability of that many right guesses.
   *
   * @param m candidates
   * @param guesses r
   * @param correct v
   */
  static double probability(int m, int guesses, int correct, double epsilon, double delta) {
    BinomialDistribution right =
        new BinomialDistribution(null, guesses, 1 / (1 + Math.exp(-epsilon)));
    double tail = tail(right, correct);
    double alpha = 0;
    double sum = 0;
    for (int i = 1; delta > 0 && i <= correct; i++) {
      sum += right.probability(correct - i);
      alpha = Math.max(alpha, sum / i);
    }
    return Math.min(1, tail + 2 * m * delta * alpha);
  }

  /** P[W ≥ v], summed term by term: one less the lower tail would lose small ones. */
  private static double tail(BinomialDistribution right, int correct) {
    double tail = 0;
    for (int k = right.getNumberOfTrials(); k >= correct; k--) {
      tail += right.probability(k);
    }
    return Math.min(1, tail);
  }
}
