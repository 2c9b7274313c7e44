package dev.sotto.task;

/** A figure that says how well labels or scores are told. */
public enum Metric {
  /** Share of records whose class is told. */
  ACCURACY("accuracy"),
  /** Harmonic mean of precision and recall. */
  F1("f1"),
  /** Correlation of told and true classes. */
  MATTHEWS("matthews"),
  /** Linear correlation of told and true scores. */
  PEARSON("pearson"),
  /** Correlation of their ranks. */
  SPEARMAN("spearman");

  private final String key;

  Metric(String key) {
    this.key = key;
  }

  /** The name in JSON and in words. */
  public String key() {
    return key;
  }
}
