package dev.sotto.accounting;

/**
 * The discrete Fourier transform of a power-of-two length, radix 2 with a table of roots each
 * computed directly. Written here because the error bound needs to know the algorithm: the computed
 * transform differs from the exact one by at most {@link #relativeError()} in the Euclidean norm
 * (Higham 2002, Accuracy and Stability of Numerical Algorithms, Theorem 24.2).
 */
final class FourierTransform {
  private final int size;
  private final int levels;
  private final double[] cos;
  private final double[] sin;

  /** Makes a transform of a length that is a power of two, at least 4. */
  FourierTransform(int size) {
    this.size = size;
    this.levels = Integer.numberOfTrailingZeros(size);
    cos = new double[size / 2];
    sin = new double[size / 2];
    for (int k = 0; k < size / 2; k++) {
      double angle = 2 * Math.PI * k / size;
      cos[k] = Math.cos(angle);
      sin[k] = -Math.sin(angle);
    }
  }

  int size() {
    return size;
  }

  /**
   * Higham's bound log2(n) eta / (1 - log2(n) eta) with eta = mu + gamma_4 (sqrt 2 + mu), for roots
   * accurate to mu = 6 units of rounding (the angle is rounded as well); rounded up.
   */
  double relativeError() {
    return levels * 14 * 0x1p-53;
  }

  /** Transforms in place: out_k = sum_j in_j exp(-2 pi i j k / n). */
  void forward(double[] re, double[] im) {
    reverseBits(re, im);
    for (int half = 1, stride = size / 2; half < size; half *= 2, stride /= 2) {
      if (half == 1) {
        firstLevel(re, im);
      } else {
        level(re, im, half, stride);
      }
    }
  }

  /** The inverse transform in place, including the division by n. */
  void inverse(double[] re, double[] im) {
    // Swapping real and imaginary parts conjugates up to a factor i, which cancels.
    forward(im, re);
    double scale = 1.0 / size;
    for (int k = 0; k < size; k++) {
      re[k] *= scale;
      im[k] *= scale;
    }
  }

  private void firstLevel(double[] re, double[] im) {
    for (int i = 0; i < size; i += 2) {
      double r = re[i + 1];
      double m = im[i + 1];
      re[i + 1] = re[i] - r;
      im[i + 1] = im[i] - m;
      re[i] += r;
      im[i] += m;
    }
  }

  private void level(double[] re, double[] im, int half, int stride) {
    for (int start = 0; start < size; start += 2 * half) {
      for (int j = 0, w = 0; j < half; j++, w += stride) {
        int upper = start + j;
        int lower = upper + half;
        double c = cos[w];
        double s = sin[w];
        double r = re[lower] * c - im[lower] * s;
        double m = re[lower] * s + im[lower] * c;
        re[lower] = re[upper] - r;
        im[lower] = im[upper] - m;
        re[upper] += r;
        im[upper] += m;
      }
    }
  }

  private void reverseBits(double[] re, double[] im) {
    for (int i = 1; i < size - 1; i++) {
      int j = Integer.reverse(i) >>> (32 - levels);
      if (i < j) {
        double r = re[i];
        re[i] = re[j];
        re[j] = r;
        double m = im[i];
        im[i] = im[j];
        im[j] = m;
      }
    }
  }
}
