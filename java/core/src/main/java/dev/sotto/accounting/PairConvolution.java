package dev.sotto.accounting;

import java.util.Arrays;

/**
 * The law of a sum of many independent grid variables, modulo a power of two, for two families of
 * probability vectors at once (one in the real, one in the imaginary part of the transform).
 *
 * <p><b>Method.</b> Each vector is a point mass p at its heaviest index plus the rest g, so its
 * transform is p (1 + w) after a shift, w being the transform of g over p. The transform of the sum
 * is C exp(L) with C the product of all p^n and L the sum of all n log(1 + w). Only C (exp(L) - 1)
 * is transformed back, and C is added to one entry. So the noise floor is set by how much the sum
 * differs from a constant, not by 1: rare large losses keep their precision.
 *
 * <p><b>Error.</b> Let e be the error of a computed transform, |e|_2 at most r sqrt(N) |g|_2 with r
 * from {@link FourierTransform#relativeError()}. It moves Y = C exp(L) by at most |Y| n |e| / |p (1
 * + w)|; write G for the sum of |Y| n |g|_2 / |p (1 + w)| over all parts. By Cauchy-Schwarz the
 * inverse transform is then off by at most r |G|_2 / sqrt(N) in every entry, and by at most r max G
 * in the Euclidean norm of all entries. Rounding of L is at most 16 units of rounding times the sum
 * of n |log(1 + w)|, rounding of exp(L) - 1 another 4 units, the inverse transform adds r |Y - C|_2
 * / sqrt(N); these bound the norm and so every entry. The reported errors are twice the sums, which
 * covers second-order terms.
 */
final class PairConvolution {
  /** Transforms below exp(-CUTOFF) are taken as 0, and the difference is booked as error. */
  private static final double CUTOFF = 80;

  private static final double ROUNDING = 0x1p-53;

  private final FourierTransform transform;
  private final int size;
  private final double[] re;
  private final double[] im;
  private final Spectrum first;
  private final Spectrum second;
  private double inverseNorm;

  PairConvolution(FourierTransform transform) {
    this.transform = transform;
    this.size = transform.size();
    re = new double[size];
    im = new double[size];
    first = new Spectrum(size / 2 + 1);
    second = new Spectrum(size / 2 + 1);
  }

  /** Adds {@code count} independent copies of a variable to each family. */
  void add(int lowFirst, double[] a, int lowSecond, double[] b, long count) {
    Arrays.fill(re, 0);
    Arrays.fill(im, 0);
    double peakFirst = fold(lowFirst, a, re, first, count);
    double peakSecond = fold(lowSecond, b, im, second, count);
    // Both families share one transform and so one error.
    double norm = Math.hypot(norm(re), norm(im));
    transform.forward(re, im);
    double cut = count == 1 ? 1e-300 : Math.exp(-2 * CUTOFF / count);
    for (int k = 0; k <= size / 2; k++) {
      int m = (size - k) & (size - 1);
      double sumRe = 0.5 * (re[k] + re[m]);
      double sumIm = 0.5 * (im[k] - im[m]);
      double difRe = 0.5 * (im[k] + im[m]);
      double difIm = 0.5 * (re[m] - re[k]);
      first.multiply(k, peakFirst, sumRe, sumIm, count, cut, norm);
      second.multiply(k, peakSecond, difRe, difIm, count, cut, norm);
    }
    first.logPeak += count * Math.log(peakFirst);
    second.logPeak += count * Math.log(peakSecond);
  }

  /**
   * Writes all but the heaviest entry, shifted so that that one would be at 0; returns its mass.
   */
  private double fold(int low, double[] values, double[] into, Spectrum family, long count) {
    int heaviest = 0;
    for (int j = 1; j < values.length; j++) {
      if (values[j] > values[heaviest]) {
        heaviest = j;
      }
    }
    for (int j = 0; j < values.length; j++) {
      if (j != heaviest) {
        into[(j - heaviest) & (size - 1)] += values[j];
      }
    }
    family.shift += count * (low + heaviest);
    return values[heaviest];
  }

  private static double norm(double[] values) {
    double square = 0;
    for (double v : values) {
      square += v * v;
    }
    return Math.sqrt(square);
  }

  /** Transforms back. Afterwards {@link #first()} and {@link #second()} hold the results. */
  void finish() {
    double square = first.finish() + second.finish();
    inverseNorm = Math.sqrt(square);
    for (int k = 0; k <= size / 2; k++) {
      int m = (size - k) & (size - 1);
      re[k] = first.logRe[k] - second.logIm[k];
      im[k] = first.logIm[k] + second.logRe[k];
      if (m != k) {
        re[m] = first.logRe[k] + second.logIm[k];
        im[m] = second.logRe[k] - first.logIm[k];
      }
    }
    transform.inverse(re, im);
    re[0] += Math.exp(first.logPeak);
    im[0] += Math.exp(second.logPeak);
  }

  /** The first family's sum: entry s is the probability of s plus the shift, modulo the size. */
  double[] first() {
    return re;
  }

  /** The second family's sum. */
  double[] second() {
    return im;
  }

  /** The index that entry 0 of {@link #first()} stands for. */
  long firstShift() {
    return first.shift;
  }

  /** The index that entry 0 of {@link #second()} stands for. */
  long secondShift() {
    return second.shift;
  }

  /**
   * Bounds on a rounding error vector.
   *
   * @param entry on each entry
   * @param norm on the Euclidean norm of all entries
   */
  record Rounding(double entry, double norm) {}

  /** Bound on the error of {@link #first()}. */
  Rounding firstError() {
    return error(first);
  }

  /** Bound on the error of {@link #second()}. */
  Rounding secondError() {
    return error(second);
  }

  private Rounding error(Spectrum family) {
    double root = Math.sqrt(size);
    double r = transform.relativeError();
    double later = (ROUNDING * family.roundingNorm + r * inverseNorm) / root;
    return new Rounding(
        2 * (r * family.slopeNorm / root + later), 2 * (r * family.steepest + later));
  }

  /** Sum of logarithms for frequencies 0..N/2, later turned in place into C (exp(L) - 1). */
  private static final class Spectrum {
    final double[] logRe;
    final double[] logIm;
    final double[] slope;
    final double[] rounding;
    double logPeak;
    long shift;
    double slopeNorm;
    double steepest;
    double roundingNorm;

    Spectrum(int length) {
      logRe = new double[length];
      logIm = new double[length];
      slope = new double[length];
      rounding = new double[length];
    }

    /** Adds count log(1 + w), with w the given transform over the peak. */
    void multiply(
        int k, double peak, double restRe, double restIm, long count, double cut, double norm) {
      if (logRe[k] == Double.NEGATIVE_INFINITY) {
        return;
      }
      double fRe = peak + restRe;
      double square = fRe * fRe + restIm * restIm;
      if (square < cut) {
        logRe[k] = Double.NEGATIVE_INFINITY;
        return;
      }
      double wRe = restRe / peak;
      double wIm = restIm / peak;
      double size =
          Math.abs(wRe) + Math.abs(wIm) < 0.5
              ? 0.5 * Math.log1p(wRe * (2 + wRe) + wIm * wIm)
              : 0.5 * Math.log(square) - Math.log(peak);
      double angle = Math.atan2(restIm, fRe);
      logRe[k] += count * size;
      logIm[k] += count * angle;
      slope[k] += count * norm / Math.sqrt(square);
      rounding[k] += count * (Math.abs(size) + Math.abs(angle));
    }

    /** Turns logarithms into C (exp(L) - 1) and sums up the errors; returns the squared norm. */
    double finish() {
      double squares = 0;
      double slopes = 0;
      double roundings = 0;
      double constant = Math.exp(logPeak);
      for (int k = 0; k < logRe.length; k++) {
        double g;
        double y;
        if (logRe[k] == Double.NEGATIVE_INFINITY) {
          logRe[k] = -constant;
          logIm[k] = 0;
          // Dropped: at most exp(-CUTOFF), with a derivative of at most the count times its root.
          g = Math.exp(-CUTOFF / 2) * (1 + slope[k]);
          y = 4 * constant + Math.exp(-CUTOFF / 2);
        } else {
          double full = Math.exp(logPeak + logRe[k]);
          double sine = Math.sin(0.5 * logIm[k]);
          double real = Math.expm1(logRe[k]);
          g = full * slope[k];
          double bent = 2 * sine * sine;
          if (Math.abs(logRe[k]) < 1) {
            logRe[k] = constant * (real - (1 + real) * bent);
          } else {
            logRe[k] = full * (1 - bent) - constant;
          }
          logIm[k] = full * Math.sin(logIm[k]);
          y =
              16 * rounding[k] * full
                  + 4 * (Math.abs(logRe[k]) + Math.abs(logIm[k]))
                  + (Math.abs(real) < 1 ? 0 : 4 * constant);
        }
        squares += 2 * (logRe[k] * logRe[k] + logIm[k] * logIm[k]);
        slopes += 2 * g * g;
        roundings += 2 * y * y;
        steepest = Math.max(steepest, g);
      }
      slopeNorm = Math.sqrt(slopes);
      roundingNorm = Math.sqrt(roundings);
      return squares;
    }
  }
}
