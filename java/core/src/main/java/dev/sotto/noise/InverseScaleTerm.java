package dev.sotto.noise;

/** One independent, non-negative summand of the inverse scale, its weight already applied. */
interface InverseScaleTerm {
  /** The cumulants at any t below {@link #pole}; relatively accurate, also as t goes to 0. */
  Cumulants at(double t);

  /** How far the mean falls when the law is tilted by exp(-x u), x >= 0, without cancellation. */
  double meanDrop(double x);

  /** The supremum of the t with a finite E[exp(t u)]. */
  double pole();

  /** The s for which the density behaves like u^(s-1) near 0; infinite if it stays away from 0. */
  double shapeAtZero();
}
