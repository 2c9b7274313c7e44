package dev.sotto.control;

/** Clip norms from shares. */
final class Shares {
  private Shares() {}

  /** The positive vector along {@code shares} whose L2 norm is {@code norm}. */
  static double[] ofNorm(double[] shares, double norm) {
    // Divided by the largest first, so that squares neither overflow nor vanish.
    double largest = 0;
    for (double share : shares) {
      largest = Math.max(largest, share);
    }
    double squares = 0;
    for (double share : shares) {
      squares += (share / largest) * (share / largest);
    }
    double[] scaled = new double[shares.length];
    for (int k = 0; k < shares.length; k++) {
      scaled[k] = Math.max(Double.MIN_NORMAL, norm * (shares[k] / largest) / Math.sqrt(squares));
    }
    return scaled;
  }
}
