package dev.sotto.audit;

import java.util.Arrays;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.stat.StatUtils;
import org.apache.commons.math3.stat.ranking.NaNStrategy;
import org.apache.commons.math3.stat.ranking.NaturalRanking;
import org.apache.commons.math3.stat.ranking.TiesStrategy;

/**
 * How well a score tells members from others.
 *
 * @param auc area under the ROC curve: the probability that a member scores higher than another
 *     record, equal scores counting half; 0.5 is chance
 * @param aucLow lower end of the 95% interval of DeLong, DeLong and Clarke-Pearson 1988; of width 0
 *     where the scores separate entirely, and the truth is then still uncertain
 * @param aucHigh upper end
 * @param truePositiveRate members recognised when at most 1% of the others are taken for members
 *     (Carlini et al. 2022, "Membership Inference Attacks From First Principles")
 */
public record AttackStrength(double auc, double aucLow, double aucHigh, double truePositiveRate) {
  private static final double FALSE_POSITIVE_RATE = 0.01;
  private static final double CONFIDENCE = 0.95;

  /**
   * Measures.
   *
   * @param members scores of members, at least 2
   * @param others scores of records that are none, at least 2; greater means more like a member,
   *     and what is not a number counts as the least
   * @return the strength
   * @throws IllegalArgumentException if there are fewer
   */
  public static AttackStrength of(double[] members, double[] others) {
    if (members.length < 2 || others.length < 2) {
      throw new IllegalArgumentException(
          members.length
              + " members and "
              + others.length
              + " other records; an interval needs at least 2 of each");
    }
    NaturalRanking ranking = new NaturalRanking(NaNStrategy.MINIMAL, TiesStrategy.AVERAGE);
    double[] all = Arrays.copyOf(members, members.length + others.length);
    System.arraycopy(others, 0, all, members.length, others.length);
    double[] together = ranking.rank(all);
    // For each member the share of the others below it, and the reverse: Sun and Xu 2014, section
    // 3.
    double[] memberShares = shares(together, 0, ranking.rank(members), others.length);
    double[] otherShares = shares(together, members.length, ranking.rank(others), members.length);
    double auc = StatUtils.mean(memberShares);
    double variance =
        StatUtils.variance(memberShares) / members.length
            + StatUtils.variance(otherShares) / others.length;
    double half =
        new NormalDistribution(null, 0, 1).inverseCumulativeProbability((1 + CONFIDENCE) / 2)
            * Math.sqrt(variance);
    return new AttackStrength(
        auc, Math.max(0, auc - half), Math.min(1, auc + half), recognised(members, others));
  }

  private static double[] shares(double[] together, int from, double[] apart, int opponents) {
    double[] shares = new double[apart.length];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = (together[from + i] - apart[i]) / opponents;
    }
    return shares;
  }

  /** Members strictly above the highest score that keeps the others' share. */
  private static double recognised(double[] members, double[] others) {
    double[] sorted = Arrays.stream(others).map(AttackStrength::ordered).sorted().toArray();
    int allowed = (int) (FALSE_POSITIVE_RATE * sorted.length);
    double threshold = sorted[sorted.length - 1 - allowed];
    long above = Arrays.stream(members).filter(score -> ordered(score) > threshold).count();
    return (double) above / members.length;
  }

  private static double ordered(double score) {
    return Double.isNaN(score) ? Double.NEGATIVE_INFINITY : score;
  }
}
