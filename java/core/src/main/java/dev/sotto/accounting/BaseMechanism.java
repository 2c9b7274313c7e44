package dev.sotto.accounting;

import java.util.List;

/**
 * A mechanism before sampling, seen through the pair (p0, p1) of output laws that dominates it: p1
 * with the privacy unit, p0 without. Everything is expressed through the log ratio t = log p1/p0
 * and its law under p0 and p1. The law of t under p0 equals the law of -t under p1 (noise symmetric
 * about 0), which is what lets the "remove" direction dominate in Renyi divergence (Mironov, Talwar
 * and Zhang 2019, Theorem 5).
 *
 * <p>Implementations are records, so that equal mechanisms are recognised and counted together. A
 * new noise law is added by one more implementation and one more branch in {@link MechanismCounts}.
 */
interface BaseMechanism {

  /** The Renyi divergence of the pair at an order above 1. */
  double renyi(double order);

  /** Probability under p0 that the log ratio exceeds t. */
  double survival0(double t);

  /** Probability under p1 that the log ratio exceeds t. */
  double survival1(double t);

  /** The hockey-stick divergence p1 - exp(t) p0 over the outcomes where that is positive. */
  double hockeyStick(double t);

  /** The largest value of t, possibly infinite; the smallest is its negative. */
  double largestLoss();

  /** P1 mass of the atom at {@link #largestLoss()}, equal to the p0 mass at its negative. */
  double edgeAtom();

  /**
   * The outcomes cut into stretches on which t is monotone; together they carry all but the atoms.
   */
  List<Branch> branches();

  /**
   * A stretch of outcomes with a coordinate y in which the densities are smooth. Where t itself is
   * such a coordinate, y is t.
   */
  interface Branch {
    /** The coordinates whose t lies between two values, the first possibly minus infinity. */
    Interval between(double left, double right);

    /** The t of an outcome. */
    double ratio(double y);

    /** Density of y under p0. */
    double density0(double y);

    /** Density of y under p1, exp(t) times that under p0. */
    double density1(double y);

    /**
     * A number s such that between two coordinates the n-th derivatives of both densities are at
     * most s^n times them, for n from 6 to 16; it decides how fine the quadrature must be. As the
     * second is exp(t) times the first, it is not below the slope of t.
     */
    double slope(double from, double to);
  }

  /** Coordinates from the first to the second; empty unless the first is below the second. */
  record Interval(double from, double to) {}
}
