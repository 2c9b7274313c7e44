package dev.sotto.task;

import java.util.EnumMap;
import java.util.Map;

/**
 * A figure that says how well labels or scores are told. Exact: of private records it is private.
 */
public enum Metric {
  /**
   * Share of records whose class is told, 0 to 1. Its interval is Wilson's (1927), which stays
   * within 0 and 1 and holds for few records.
   */
  ACCURACY("accuracy"),
  /**
   * Harmonic mean of precision and recall, 0 to 1: of two classes that of the second, as GLUE has
   * it; of more the mean over the classes that are told or true of any record (macro). 0 where
   * nothing is found. Its interval holds the middle 95% of 1,000 resamples of the records
   * (percentile bootstrap, Efron 1979), drawn with a fixed public seed.
   */
  F1("f1"),
  /**
   * Matthews' correlation of told and true classes, -1 to 1 (Matthews 1975; of more than two
   * classes Gorodkin 2004). 0 where all told or all true classes are one. Interval as for {@link
   * #F1}.
   */
  MATTHEWS("matthews"),
  /**
   * Linear correlation of told and true scores, -1 to 1. 0 where either are all the same. Its
   * interval is Fisher's (1921): artanh r is nearly normal, of variance 1/(n - 3).
   */
  PEARSON("pearson"),
  /**
   * Correlation of the scores' ranks, equal scores sharing their average rank. Interval as for
   * {@link #PEARSON} with variance (1 + r²/2)/(n - 3) (Bonett and Wright 2000).
   */
  SPEARMAN("spearman");

  private final String key;

  Metric(String key) {
    this.key = key;
  }

  /** The name in JSON and in words. */
  public String key() {
    return key;
  }

  /**
   * Accuracy, F1 and Matthews' correlation of a classification.
   *
   * @param told ids of classes, 0 to K-1, one a record, at least one
   * @param truth the records' own
   * @param labels K, at least 2
   * @throws IllegalArgumentException if the lengths differ or are 0, or an id is out of range
   */
  public static Map<Metric, Estimate> ofClasses(int[] told, int[] truth, int labels) {
    Confusion confusion = Confusion.of(told, truth, labels);
    Map<Metric, Estimate> all = new EnumMap<>(Metric.class);
    all.put(ACCURACY, confusion.accuracy());
    all.put(F1, confusion.resampled(Confusion::f1));
    all.put(MATTHEWS, confusion.resampled(Confusion::matthews));
    return all;
  }

  /**
   * Pearson's and Spearman's correlation of a regression.
   *
   * @param told finite numbers, one a record, at least one
   * @param truth the records' own
   * @throws IllegalArgumentException if the lengths differ or are 0, or a number is not finite
   */
  public static Map<Metric, Estimate> ofScores(double[] told, double[] truth) {
    Map<Metric, Estimate> all = new EnumMap<>(Metric.class);
    all.put(PEARSON, Correlation.pearson(told, truth));
    all.put(SPEARMAN, Correlation.spearman(told, truth));
    return all;
  }
}
