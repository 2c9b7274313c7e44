package dev.sotto.task;

import java.util.Arrays;
import java.util.stream.DoubleStream;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.apache.commons.math3.stat.ranking.NaturalRanking;
import org.apache.commons.math3.stat.ranking.TiesStrategy;
import org.apache.commons.math3.util.FastMath;

/** Correlations of scores, with Fisher's intervals. */
final class Correlation {
  /** Of the normal distribution, so that 95% lie within. */
  private static final double QUANTILE = 1.959963984540054;

  private Correlation() {}

  static Estimate pearson(double[] told, double[] truth) {
    requireScores(told, truth);
    return estimate(correlation(told, truth), truth.length, 0);
  }

  static Estimate spearman(double[] told, double[] truth) {
    requireScores(told, truth);
    NaturalRanking ranking = new NaturalRanking(TiesStrategy.AVERAGE);
    return estimate(correlation(ranking.rank(told), ranking.rank(truth)), truth.length, 0.5);
  }

  private static void requireScores(double[] told, double[] truth) {
    if (told.length != truth.length || told.length == 0) {
      throw new IllegalArgumentException(
          told.length + " scores told of " + truth.length + " records");
    }
    if (!DoubleStream.concat(Arrays.stream(told), Arrays.stream(truth))
        .allMatch(Double::isFinite)) {
      throw new IllegalArgumentException("a score is not finite");
    }
  }

  private static double correlation(double[] one, double[] other) {
    // A constant tells nothing of the other: the quotient would be 0/0.
    if (constant(one) || constant(other)) {
      return 0;
    }
    double correlation = new PearsonsCorrelation().correlation(one, other);
    return Math.max(-1, Math.min(1, correlation));
  }

  private static boolean constant(double[] values) {
    return Arrays.stream(values).allMatch(value -> value == values[0]);
  }

  /** With variance (1 + extra·r²)/(n - 3) of artanh r; of 3 records or fewer nothing is known. */
  private static Estimate estimate(double r, int records, double extra) {
    if (records <= 3) {
      return new Estimate(r, -1, 1);
    }
    double half = QUANTILE * Math.sqrt((1 + extra * r * r) / (records - 3));
    double z = FastMath.atanh(r);
    return new Estimate(r, Math.tanh(z - half), Math.tanh(z + half));
  }
}
