package dev.sotto.accounting;

import java.util.Arrays;

/**
 * The law of a sum of many independent grid variables, modulo a power of two, for two families of
 * probability vectors at once (one in the real, one in the imaginary part of the transform).
 *
 * <p><b>Error.</b> Let e be the error of a computed transform, |e|_2 <= r sqrt(N) |input|_2 with r
 * from {@link FourierTransform#relativeError()}. A factor f^n is off by at most n |f|^(n-1) |e|; G_k
 * accumulates that derivative over all factors. By Cauchy-Schwarz the inverse transform is then off
 * by at most r |input|_2 |G|_2 / sqrt(N) in every entry, and by at most r |input|_2 max G in the
 * Euclidean norm of all entries. Powering adds a relative error of at most 8 n units of rounding to
 * each Y_k, the inverse transform r |Y|_2 / sqrt(N); both bound the norm and so every entry. The
 * reported errors are twice the sums, which covers second-order terms.
 */
final class PairConvolution {
  /** Factors below exp(-CUTOFF) are taken as 0, and the difference is booked as error. */
  private static final double CUTOFF = 80;

  private static final double ROUNDING = 0x1p-53;

  private final FourierTransform transform;
  private final int size;
  private final double[] re;
  private final double[] im;
  private final Spectrum first;
  private final Spectrum second;
  private double inputNorm;
  private double released;

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
    double square = fold(lowFirst, a, re) + fold(lowSecond, b, im);
    inputNorm = Math.max(inputNorm, Math.sqrt(square));
    released += count;
    transform.forward(re, im);
    double cut = Math.exp(-2 * CUTOFF / count);
    for (int k = 0; k <= size / 2; k++) {
      int m = (size - k) & (size - 1);
      double sumRe = 0.5 * (re[k] + re[m]);
      double sumIm = 0.5 * (im[k] - im[m]);
      double difRe = 0.5 * (im[k] + im[m]);
      double difIm = 0.5 * (re[m] - re[k]);
      first.multiply(k, sumRe, sumIm, count, cut);
      second.multiply(k, difRe, difIm, count, cut);
    }
  }

  private double fold(int low, double[] values, double[] into) {
    int mask = size - 1;
    for (int j = 0; j < values.length; j++) {
      into[(low + j) & mask] += values[j];
    }
    double square = 0;
    for (double v : into) {
      square += v * v;
    }
    return square;
  }

  /** Transforms back. Afterwards {@link #first()} and {@link #second()} hold the results. */
  void finish() {
    for (int k = 0; k <= size / 2; k++) {
      int m = (size - k) & (size - 1);
      re[k] = first.re[k] - second.im[k];
      im[k] = first.im[k] + second.re[k];
      if (m != k) {
        re[m] = first.re[k] + second.im[k];
        im[m] = second.re[k] - first.im[k];
      }
    }
    transform.inverse(re, im);
  }

  /** The first family's sum: entry s is the probability of all sums equal to s modulo the size. */
  double[] first() {
    return re;
  }

  /** The second family's sum. */
  double[] second() {
    return im;
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
    double inverse = Math.hypot(first.norm(first.magnitude), second.norm(second.magnitude));
    double r = transform.relativeError();
    double later =
        (8 * ROUNDING * released * family.norm(family.magnitude) + r * inverse) / root;
    double steepest = 0;
    for (double g : family.derivative) {
      steepest = Math.max(steepest, g);
    }
    double dropped = Math.exp(-CUTOFF) * released;
    double entry = 2 * (r * inputNorm * family.norm(family.derivative) / root + later) + dropped;
    return new Rounding(entry, 2 * (r * inputNorm * steepest + later) + dropped * root);
  }

  /** Product of transforms for frequencies 0..N/2 and the bound on its derivative. */
  private static final class Spectrum {
    final double[] re;
    final double[] im;
    final double[] magnitude;
    final double[] derivative;

    Spectrum(int length) {
      re = new double[length];
      im = new double[length];
      magnitude = new double[length];
      derivative = new double[length];
      Arrays.fill(re, 1);
      Arrays.fill(magnitude, 1);
    }

    void multiply(int k, double fRe, double fIm, long count, double cut) {
      if (magnitude[k] == 0) {
        return;
      }
      double square = fRe * fRe + fIm * fIm;
      if (square < cut) {
        // What is dropped is below exp(-CUTOFF), and so is its derivative up to the factor count.
        derivative[k] =
            derivative[k] * Math.exp(-CUTOFF)
                + (count == 1 ? magnitude[k] : count * Math.exp(-CUTOFF / 2));
        re[k] = 0;
        im[k] = 0;
        magnitude[k] = 0;
        return;
      }
      double pRe = 1;
      double pIm = 0;
      for (long bit = Long.highestOneBit(count); bit != 0; bit >>= 1) {
        double r = pRe * pRe - pIm * pIm;
        pIm = 2 * pRe * pIm;
        pRe = r;
        if ((count & bit) != 0) {
          r = pRe * fRe - pIm * fIm;
          pIm = pRe * fIm + pIm * fRe;
          pRe = r;
        }
      }
      double size = Math.hypot(pRe, pIm);
      derivative[k] = derivative[k] * size + magnitude[k] * count * size / Math.sqrt(square);
      double r = re[k] * pRe - im[k] * pIm;
      im[k] = re[k] * pIm + im[k] * pRe;
      re[k] = r;
      magnitude[k] *= size;
    }

    /** Euclidean norm over the whole spectrum, of which only half is stored. */
    double norm(double[] values) {
      double square = 0;
      for (double v : values) {
        square += 2 * v * v;
      }
      return Math.sqrt(square);
    }
  }
}
