package dev.sotto.accounting;

import dev.sotto.noise.LmoNoise;
import java.util.ArrayList;
import java.util.List;

/**
 * The Renyi divergence R(x) of a shift x as a function of s = x^2 on [0, C^2]: whether it is
 * concave, and a concave bound on it where it is not.
 */
record SquaredShift(LmoNoise law, double order, double sensitivity) {
  /** Quarterings of s from C^2 at which concavity is checked. */
  private static final int CHECKS = 14;

  /** Relative excess of a chord's slope over the one before it that passes as rounding. */
  private static final double TOLERANCE = 1e-6;

  /** How much a concave bound may give away, as a factor. */
  private static final double SLACK = 1.05;

  private record Point(double s, double value) {}

  /** The check described at {@link LmoDivergence#renyiVector}. */
  boolean concave() {
    Point last = new Point(0, 0);
    double slope = Double.POSITIVE_INFINITY;
    for (int j = CHECKS; j >= 0; j--) {
      double s = sensitivity * sensitivity * Math.scalb(1.0, -2 * j);
      Point next = new Point(s, divergence(Math.sqrt(s)));
      double nextSlope = (next.value - last.value) / (next.s - last.s);
      if (nextSlope > slope * (1 + TOLERANCE)) {
        return false;
      }
      last = next;
      slope = nextSlope;
    }
    return true;
  }

  /**
   * The value at s of a concave function that is nowhere below R(sqrt s): the least one above a
   * staircase. Its first step is the line of {@link #smallShiftRatio} up to an x where that has
   * come close to its limit; the others are cells on which R, increasing in the shift, is at most
   * its value at the upper end, placed at the lower end.
   */
  double majorant(double s) {
    List<Point> corners = corners();
    double bound = 0;
    for (Point left : corners) {
      if (left.s > s) {
        continue;
      }
      for (Point right : corners) {
        if (right.s > s || right.s == s && left.s < s) {
          double share = (s - left.s) / (right.s - left.s);
          bound = Math.max(bound, left.value + share * (right.value - left.value));
        }
      }
    }
    return bound;
  }

  private List<Point> corners() {
    double fisher = law.fisherInformation();
    double limit = 0.5 * order * fisher;
    double x = sensitivity;
    while (smallShiftRatio(x, fisher) > SLACK * limit) {
      x *= 0.5;
    }
    List<Point> corners = new ArrayList<>();
    corners.add(new Point(0, 0));
    corners.add(new Point(x * x, x * x * smallShiftRatio(x, fisher)));
    double value = 0;
    while (x < sensitivity) {
      double next = Math.min(sensitivity, x * Math.sqrt(SLACK));
      value = divergence(next);
      corners.add(new Point(x * x, value));
      x = next;
    }
    corners.add(new Point(sensitivity * sensitivity, Math.max(value, divergence(sensitivity))));
    return corners;
  }

  /**
   * A bound on R(y) / y^2 for all y up to x. With the loss l of {@link ShiftMoment}, A - 1 is at
   * most a (a-1) exp((a-1) l(0)) times the integral of exp(f) l^2; l is at most y |f'(0)|, and by
   * Cauchy-Schwarz the part of the integral outside (0, y) is at most y^2 I / 2, I the Fisher
   * information.
   */
  private double smallShiftRatio(double x, double fisher) {
    double steepest = -law.logDensitySlope(0);
    return 0.5
        * order
        * Math.exp((order - 1) * x * steepest)
        * (fisher + x * law.density(0) * steepest * steepest);
  }

  private double divergence(double x) {
    return LmoDivergence.renyiExact(law, order, x);
  }
}
