package dev.sotto.accounting;

import java.util.Arrays;

/**
 * The delta of a measure on privacy losses as a sum over a vertical line of its transform.
 *
 * <p>With F(s) = E[exp(s S)], S being the loss plus an independent normal variable of variance v
 * and mean v/2, and any theta above 0,
 *
 * <pre>D(e) = E[max(0, 1 - exp(e - S))] = 1/(2 pi) integral of G(y) dy,
 * G(y) = F(s) exp(-s e) / (s (s + 1)),   s = theta + i y.</pre>
 *
 * <p><b>Smoothing is safe.</b> delta(e), as a function of exp(e), is convex, and D(e) is its mean
 * over e' = e - v/2 + N(0, v), whose exp has the mean exp(e). So D at least delta. As dD/dv is half
 * the density of S at e, and a normal density of variance u below v is at most (v/u)^(1/2) exp(v/8)
 * times that of variance v here, delta at least D - exp(v/8) v p, p the density of S at e.
 *
 * <p><b>Aliasing is safe.</b> The trapezoid rule with step 2 pi / P gives the sum over all integers
 * k of exp(theta k P) D(e + k P), of which the true value is one term and all are positive.
 *
 * <p><b>Panels.</b> The sum's terms beyond the first few are taken in panels. Where G is bounded on
 * an ellipse around a panel with the panel's ends as foci ({@link LossTransform#logSup}), its
 * interpolation in n Chebyshev points is within 4 M r^(1-n) / (r - 1), M the bound and r the sum of
 * the half-axes over half the panel (Trefethen 2013, Theorem 8.2), and {@link PanelWeights} sums
 * the interpolant. A panel whose bound is negligible is left out, and so are all terms after the
 * normal factor exp(-v y^2/2) has made them negligible. All of this is booked as error, next to the
 * error of every value.
 */
final class ContourSum {
  /**
   * Sums of the half-axes of a panel's ellipse over its half-length. The narrow one lets panels be
   * longer, where the terms are small enough for what it says.
   */
  private static final double NARROW = 2.2;

  private static final double WIDE = 4;

  /** After so many direct terms the powers are computed afresh. */
  private static final int FRESH = 16;

  /** What one of the others costs, relative to a fresh one. */
  private static final double ADVANCE = 0.2;

  private static final double ROUNDING = 0x1p-52;

  private final double theta;
  private final double scale;
  private final double step;
  private final double v;
  private double[] y = new double[256];
  private double[] re = new double[256];
  private double[] im = new double[256];
  private int count;
  private double error;
  private double densityError;
  private double weight;
  private double weightedY;

  /** What a sum is built for. */
  record Contour(
      double theta, double v, double period, double epsilon, double delta, double negligible) {}

  private ContourSum(double theta, double scale, double step, double v) {
    this.theta = theta;
    this.scale = scale;
    this.step = step;
    this.v = v;
  }

  /**
   * Builds the sum.
   *
   * @param law the transform
   * @param contour where it is taken; it serves every epsilon from 0 to the contour's
   * @param mostWork values times quadrature nodes after which to give up
   * @return the sum, or null if it would take too much work
   */
  static ContourSum of(LossTransform law, Contour contour, double mostWork) {
    double theta = contour.theta();
    double v = contour.v();
    double cost = law.settle(theta);
    double scale = law.logAt(theta) + 0.5 * v * theta * (theta + 1);
    double step = 2 * Math.PI / contour.period();
    ContourSum sum = new ContourSum(theta, scale, step, v);
    // The wanted delta in units of the scaled sum, without its factor step / pi.
    double unit =
        Math.exp(Math.log(contour.delta()) + theta * contour.epsilon() - scale) * Math.PI / step;
    double negligible = contour.negligible() * unit;
    double work = 0;
    law.at(theta, 0, v, scale);
    sum.add(0, law, 0.5);
    long k = 1;
    int level = PanelWeights.SHORTEST;
    int directs = 0;
    while (true) {
      double from = k * step;
      double decay = Math.exp(-0.5 * v * from * from);
      double rest = decay * (1 / from + 1 / step) / from;
      if (rest < negligible) {
        sum.error += rest;
        sum.densityError += decay * (1 + 1 / (step * from * v));
        return sum;
      }
      if (work > mostWork) {
        return null;
      }
      if (directs > 0) {
        if (directs % FRESH == 0) {
          law.at(theta, from, v, scale);
          work += cost;
        } else {
          law.advance(theta, from, step, v, scale);
          work += ADVANCE * cost;
        }
        sum.add(from, law, 1);
        directs--;
        k++;
        continue;
      }
      double half = 0.5 * step * (1L << level);
      double centre = from - 0.5 * step + half;
      long terms = 1L << level;
      if (centre > 1.1 * half * axis(NARROW, 1)) {
        law.at(theta, centre, v, scale);
        work += cost;
        double near = centre - half;
        double here = Math.max(Math.abs(law.re), Math.abs(law.im)) / (near * near) * terms;
        if (here < negligible) {
          // Perhaps the whole panel is.
          here = terms * Math.exp(law.logSup(theta, centre, half, 0, v, scale)) / (near * near);
          work += cost;
          if (here < negligible) {
            sum.book(here, centre + half);
            k += terms;
            level = Math.min(level + 1, PanelWeights.LONGEST);
            continue;
          }
        }
        double ellipse = here * interpolation(NARROW) < 0.01 * negligible ? NARROW : WIDE;
        double along = half * axis(ellipse, -1);
        double across = half * axis(ellipse, 1);
        near = centre - across;
        double sup = law.logSup(theta, centre, across, along, v, scale) + along * contour.epsilon();
        double bound =
            near > 0
                ? interpolation(ellipse) * terms * Math.exp(sup) / (near * near)
                : Double.POSITIVE_INFINITY;
        work += cost;
        if (bound < negligible) {
          double[] weights = PanelWeights.of(level);
          for (int i = 0; i < PanelWeights.NODES; i++) {
            double at = centre + half * PanelWeights.point(i);
            law.at(theta, at, v, scale);
            sum.add(at, law, weights[i]);
          }
          work += PanelWeights.NODES * cost;
          sum.book(bound, centre + across);
          k += terms;
          level = Math.min(level + 1, PanelWeights.LONGEST);
          continue;
        }
      }
      if (level > PanelWeights.SHORTEST) {
        level--;
      } else {
        directs = 1 << PanelWeights.SHORTEST;
      }
    }
  }

  /** Half-axis of an ellipse along (side 1) or across (side -1) its panel, over its half-length. */
  private static double axis(double ellipse, int side) {
    return 0.5 * (ellipse + side / ellipse);
  }

  /** Error of the interpolation over the bound on the ellipse. */
  private static double interpolation(double ellipse) {
    return 4 * Math.pow(ellipse, 1 - PanelWeights.NODES) / (ellipse - 1);
  }

  private void book(double bound, double farthest) {
    error += bound;
    double size = farthest + theta + 1;
    densityError += bound * size * size;
  }

  /** Adds one value with its weight, divided by s (s + 1). */
  private void add(double at, LossTransform law, double times) {
    if (count == y.length) {
      y = Arrays.copyOf(y, 2 * count);
      re = Arrays.copyOf(re, 2 * count);
      im = Arrays.copyOf(im, 2 * count);
    }
    double pRe = theta * (theta + 1) - at * at;
    double pIm = (2 * theta + 1) * at;
    double square = pRe * pRe + pIm * pIm;
    y[count] = at;
    re[count] = times * (law.re * pRe + law.im * pIm) / square;
    im[count] = times * (law.im * pRe - law.re * pIm) / square;
    double size = Math.abs(times) / Math.sqrt(square);
    double modulus = Math.abs(law.re) + Math.abs(law.im);
    // Twice: a panel's terms are in error like the values that stand for them.
    error += size * (2 * law.error + 16 * ROUNDING * modulus);
    densityError += Math.abs(times) * (2 * law.error + 32 * ROUNDING * modulus);
    weight += size * modulus;
    weightedY += size * modulus * at;
    count++;
  }

  /** The factor of the scaled sums at an epsilon. */
  private double factor(double epsilon) {
    return Math.exp(scale - theta * epsilon) * step / Math.PI;
  }

  /** Number of values. */
  int size() {
    return count;
  }

  /** An upper bound on delta at an epsilon between 0 and the contour's. */
  double upper(double epsilon) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      double angle = y[i] * epsilon;
      sum += re[i] * Math.cos(angle) + im[i] * Math.sin(angle);
    }
    return factor(epsilon) * (sum + wrong(epsilon)) * (1 + 1e-13 * (1 + Math.abs(scale)));
  }

  private double wrong(double epsilon) {
    return error + ROUNDING * (4 * weight + 2 * epsilon * weightedY);
  }

  /** A lower bound on delta plus all aliases, at an epsilon between 0 and the contour's. */
  double lower(double epsilon) {
    double sum = 0;
    double density = 0;
    for (int i = 0; i < count; i++) {
      double angle = y[i] * epsilon;
      double cos = Math.cos(angle);
      double sin = Math.sin(angle);
      double real = re[i] * cos + im[i] * sin;
      double imaginary = im[i] * cos - re[i] * sin;
      sum += real;
      density += (theta * (theta + 1) - y[i] * y[i]) * real - (2 * theta + 1) * y[i] * imaginary;
    }
    double far = count == 0 ? 0 : y[count - 1];
    double densityWrong =
        densityError
            + ROUNDING
                * (4 * weight + 2 * epsilon * weightedY)
                * (theta + 1 + far)
                * (theta + 1 + far);
    double excess = Math.exp(v / 8) * v * Math.max(0, density + densityWrong);
    return factor(epsilon) * (sum - wrong(epsilon) - excess) * (1 - 1e-13 * (1 + Math.abs(scale)));
  }
}
