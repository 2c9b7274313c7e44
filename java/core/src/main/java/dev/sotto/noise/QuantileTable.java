package dev.sotto.noise;

import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/**
 * The quantile function of a noise law, tabulated for the sampling kernel: w ↦ Q(w), the x ≥ 0 with
 * P(|Z| &gt; x) = e^(−w), for w in [0, 64 ln 2].
 *
 * <p>A draw is Z = ±Q(−log V) with V uniform: the law itself, by inversion, from one uniform. Q has
 * no formula, so it is solved for once a law, at the Chebyshev nodes of equal stretches of w, and
 * interpolated there by polynomials of degree 7. The number of stretches is doubled until the
 * relative error, measured between the nodes, is at most {@link #TOLERANCE} everywhere. Near w = 0
 * that means relative to Q too: Q(w)/w is interpolated there.
 *
 * <p><b>What a draw from the table is worth.</b> It is the draw of the law itself, moved by at most
 * {@link #TOLERANCE} of its size: by less than half a quantum while it is below 2⁴³ quanta, so that
 * what is released differs only for draws that lie that close to a rounding edge. ADR 8 says what
 * this means for the guarantee.
 *
 * <p>Immutable.
 */
public final class QuantileTable {
  /** Largest relative error of a table. */
  public static final double TOLERANCE = 0x1p-44;

  /** Coefficients of a row: polynomials of degree 7. */
  public static final int COEFFICIENTS = 8;

  /** The largest w, −log of the smallest uniform that the kernel draws. */
  public static final double LARGEST_EXPONENT = 64 * Math.log(2);

  private static final int FEWEST_STRETCHES = 32;
  private static final int MOST_STRETCHES = 4096;

  private final double[] coefficients;
  private final double rowsPerUnit;

  private QuantileTable(double[] coefficients, int stretches) {
    this.coefficients = coefficients;
    this.rowsPerUnit = stretches / LARGEST_EXPONENT;
  }

  /**
   * The table of a law.
   *
   * @param law the law at scale 1
   * @throws IllegalArgumentException if the law's tail overflows double precision at probability
   *     2⁻⁶⁴, or its quantile function bends too sharply for 4096 stretches
   */
  public static QuantileTable of(LmoNoise law) {
    return of(law::absoluteQuantile, law.toString());
  }

  /**
   * The table of any smooth increasing quantile function.
   *
   * @param quantile w to Q(w), with Q(0) = 0
   * @param name of the law, for messages
   */
  static QuantileTable of(DoubleUnaryOperator quantile, String name) {
    double farthest = quantile.applyAsDouble(LARGEST_EXPONENT);
    if (!(farthest > 0) || Double.isInfinite(farthest)) {
      throw new IllegalArgumentException(
          "the tail of "
              + name
              + " is too heavy to draw from: at probability 2^-64 |Z| is "
              + farthest
              + "; keep the inverse scale away from 0 with a larger gamma_shape, uniform_low or"
              + " truncated_normal_low");
    }
    double error = Double.NaN;
    for (int stretches = FEWEST_STRETCHES; stretches <= MOST_STRETCHES; stretches *= 2) {
      QuantileTable table = fitted(quantile, stretches);
      error = table.error(quantile);
      if (error <= TOLERANCE) {
        return table;
      }
    }
    throw new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "the quantile function of %s bends too sharply to tabulate: %d stretches leave a"
                + " relative error of %.3g, at most %.3g is allowed; take less extreme parameters",
            name,
            MOST_STRETCHES,
            error,
            TOLERANCE));
  }

  private static QuantileTable fitted(DoubleUnaryOperator quantile, int stretches) {
    double[] rows = new double[(stretches + 1) * COEFFICIENTS];
    double unit = LARGEST_EXPONENT / stretches;
    // Row 0 reaches to the right of its centre alone and vanishes there: x times a polynomial.
    double[] first =
        interpolated(x -> quantile.applyAsDouble(x * unit) / x, 0, 0.5, COEFFICIENTS - 1);
    System.arraycopy(first, 0, rows, 1, first.length);
    for (int i = 1; i <= stretches; i++) {
      double centre = i;
      double right = i == stretches ? 0 : 0.5; // nothing beyond the largest w
      double[] row =
          interpolated(x -> quantile.applyAsDouble((centre + x) * unit), -0.5, right, COEFFICIENTS);
      System.arraycopy(row, 0, rows, i * COEFFICIENTS, row.length);
    }
    return new QuantileTable(rows, stretches);
  }

  /**
   * The polynomial through n values of f at the Chebyshev nodes of [left, right], as coefficients
   * of powers of x. It is found as a sum of Chebyshev polynomials of y = a·x + b, y in [−1, 1],
   * whose coefficients fall fast, so that expanding them in x loses nothing.
   */
  private static double[] interpolated(DoubleUnaryOperator f, double left, double right, int n) {
    double a = 2 / (right - left);
    double b = -(left + right) / (right - left);
    double[] chebyshev = new double[n];
    for (int j = 0; j < n; j++) {
      double angle = (j + 0.5) * Math.PI / n;
      double value = f.applyAsDouble((Math.cos(angle) - b) / a);
      for (int k = 0; k < n; k++) {
        chebyshev[k] += (k == 0 ? 1.0 : 2.0) / n * value * Math.cos(k * angle);
      }
    }
    double[] powers = new double[n];
    double[] before = new double[n]; // T(k-1) and T(k) in powers of x: T(k+1) = 2y T(k) - T(k-1)
    double[] current = new double[n];
    current[0] = 1;
    for (int k = 0; k < n; k++) {
      double[] next = new double[n];
      for (int i = 0; i <= k; i++) {
        powers[i] += chebyshev[k] * current[i];
      }
      double factor = k == 0 ? 1 : 2;
      for (int i = 0; i < n; i++) {
        next[i] = factor * (b * current[i] + (i == 0 ? 0 : a * current[i - 1])) - before[i];
      }
      before = current;
      current = next;
    }
    return powers;
  }

  /** The largest relative error at the points of every stretch farthest from its nodes. */
  private double error(DoubleUnaryOperator quantile) {
    double worst = 0;
    int stretches = segments() - 1;
    for (int i = 0; i <= stretches; i++) {
      double left = i == 0 ? 0x1p-30 : i - 0.5;
      double right = i == stretches ? i : i + 0.5;
      for (int j = 0; j <= COEFFICIENTS; j++) {
        double y = Math.cos(j * Math.PI / COEFFICIENTS);
        double w = (0.5 * (left + right) + 0.5 * (right - left) * y) / rowsPerUnit;
        double exact = quantile.applyAsDouble(w);
        worst = Math.max(worst, Math.abs(quantile(w) - exact) / exact);
      }
    }
    return worst;
  }

  /**
   * What the kernel makes of w, to the bit.
   *
   * @param w from 0 to {@link #LARGEST_EXPONENT}
   * @return Q(w), relative error at most {@link #TOLERANCE}
   */
  public double quantile(double w) {
    double row = Math.rint(w * rowsPerUnit);
    double x = Math.fma(w, rowsPerUnit, -row);
    int at = (int) row * COEFFICIENTS;
    double value = coefficients[at + COEFFICIENTS - 1];
    for (int k = COEFFICIENTS - 2; k >= 0; k--) {
      value = Math.fma(value, x, coefficients[at + k]);
    }
    return value;
  }

  /**
   * The rows in order, {@link #COEFFICIENTS} numbers each: row i is a polynomial in x = r·w − i,
   * |x| ≤ 1/2, r = (segments − 1) / (64 ln 2), lowest power first.
   *
   * @return a fresh array
   */
  public double[] coefficients() {
    return coefficients.clone();
  }

  /** Number of rows. */
  public int segments() {
    return coefficients.length / COEFFICIENTS;
  }

  /** Q(64 ln 2), the largest |Z| that can be drawn. */
  public double largest() {
    return quantile(LARGEST_EXPONENT);
  }
}
