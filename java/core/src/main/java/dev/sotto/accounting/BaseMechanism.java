package dev.sotto.accounting;

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

  /** Density of the continuous part of t under p0; under p1 it is exp(t) times that. */
  double density0(double t);

  /** Density of the continuous part of t under p1. */
  double density1(double t);

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
   * A number s such that the n-th derivative of the densities at t is at most s^n times them, for n
   * up to 16; it decides how fine the quadrature must be.
   */
  double logSlope(double t);

  /** Where the densities have become negligible even relative to the cell next to t. */
  double negligibleBelow(double t);
}
