package dev.sotto.accounting;

/**
 * The transform of a measure on the privacy losses of a whole event in one direction: E[exp(s L)]
 * over all outcomes, or, with a threshold, over those with at least one large release (see {@link
 * SampledTransform}). The measure is positive either way, because the difference of the products of
 * all M and of all M - E[large] is the sum, over the non-empty sets of large releases, of positive
 * terms.
 *
 * <p>The sum of the losses is smoothed by an independent normal variable of variance v and mean
 * v/2, which multiplies the transform by exp(s (s+1) v/2): the unsampled Gaussian releases of the
 * event, which are of just this form, and the smoothing of {@link ContourSum}.
 */
final class LossTransform {
  private static final double ROUNDING = 0x1p-52;

  private final GaussianParts parts;
  private final boolean removing;
  private final double threshold;
  private SampledTransform[] releases;
  private double farthest;

  /** Re, Im and error of the value that {@link #at} computed. */
  double re;

  double im;
  double error;

  /**
   * A transform.
   *
   * @param parts the releases
   * @param removing the direction
   * @param threshold where a release counts as large, or infinity to count all outcomes
   */
  LossTransform(GaussianParts parts, boolean removing, double threshold) {
    this.parts = parts;
    this.removing = removing;
    this.threshold = threshold;
    farthest = -1;
  }

  boolean removing() {
    return removing;
  }

  private boolean isSplit() {
    return threshold < Double.POSITIVE_INFINITY;
  }

  private double order(double theta) {
    return removing ? 1 + theta : -theta;
  }

  /** Makes sure that the quadratures reach a tilt, and not needlessly far. */
  private void reach(double theta) {
    if (theta == farthest || theta < farthest && 4 * theta >= farthest - 4) {
      return;
    }
    farthest = 2 * theta + 1;
    lay();
  }

  private void lay() {
    releases = new SampledTransform[parts.size()];
    for (int i = 0; i < releases.length; i++) {
      releases[i] =
          new SampledTransform(
              parts.multiplier(i),
              parts.probability(i),
              threshold,
              removing ? 1 : -farthest,
              removing ? 1 + farthest : 1);
    }
  }

  /**
   * Lays the quadratures out for one tilt.
   *
   * @return their nodes, which is what one value costs
   */
  int settle(double theta) {
    farthest = theta;
    lay();
    int sum = 0;
    for (SampledTransform release : releases) {
      sum += release.size();
    }
    return sum;
  }

  /** The largest loss that a value right after {@link #settle} is made of. */
  double largestLoss() {
    double largest = 0;
    for (SampledTransform release : releases) {
      largest = Math.max(largest, release.largestLoss());
    }
    return largest;
  }

  /**
   * log of an upper bound on the transform at a real argument, without smoothing beyond the event's
   * own; infinite if the error is of its size.
   */
  double logAt(double theta) {
    at(theta, 0, 0, Double.NaN);
    return error < 0.01 * re ? logScale + Math.log(re + error) : Double.POSITIVE_INFINITY;
  }

  /** The scale of the last value. */
  private double logScale;

  /**
   * Computes the transform at theta + i y over exp(scale), smoothing v on top of the event's own. A
   * scale of NaN makes the product of all M of size 1.
   */
  void at(double theta, double y, double v, double scale) {
    reach(theta);
    for (SampledTransform release : releases) {
      release.at(order(theta), y);
    }
    compose(theta, y, v, scale);
  }

  /**
   * The same at theta + i y right after the value at theta + i (y - step), for less work and a
   * rounding error that grows by the way.
   */
  void advance(double theta, double y, double step, double v, double scale) {
    for (SampledTransform release : releases) {
      release.advance(step);
    }
    compose(theta, y, v, scale);
  }

  private void compose(double theta, double y, double v, double scale) {
    double total = parts.variance() + v;
    double logRe = 0.5 * total * (theta * (theta + 1) - y * y);
    double logIm = 0.5 * total * (2 * theta + 1) * y;
    double wrong = 4 * (Math.abs(logRe) + Math.abs(logIm) + 4);
    double restRe = 0;
    double restIm = 0;
    double restWrong = 0;
    double relative = 0;
    for (int i = 0; i < releases.length; i++) {
      SampledTransform release = releases[i];
      double count = parts.count(i);
      double mRe = 1 + release.re;
      double mIm = removing ? release.im : -release.im;
      double square = mRe * mRe + mIm * mIm;
      double modulus = Math.sqrt(square);
      double log =
          Math.abs(release.re) + Math.abs(mIm) < 0.5
              ? 0.5 * Math.log1p(release.re * (2 + release.re) + mIm * mIm)
              : Math.log(modulus);
      double angle = Math.atan2(mIm, mRe);
      logRe += count * log;
      logIm += count * angle;
      wrong += 4 * count * (Math.abs(log) + Math.abs(angle));
      relative += count * Math.min(1, release.error / Math.max(modulus - release.error, 1e-300));
      if (isSplit()) {
        double xRe = -(release.largeRe * mRe + release.largeIm * mIm) / square;
        double xIm = -(release.largeIm * mRe - release.largeRe * mIm) / square;
        double size = Math.hypot(xRe, xIm);
        double restLog =
            size < 0.5
                ? 0.5 * Math.log1p(xRe * (2 + xRe) + xIm * xIm)
                : Math.log(Math.hypot(1 + xRe, xIm));
        double restAngle = Math.atan2(xIm, 1 + xRe);
        restRe += count * restLog;
        restIm += count * restAngle;
        double left = Math.max(1e-300, Math.hypot(1 + xRe, xIm) * modulus);
        restWrong +=
            count
                * (release.largeError / left
                    + size * release.error / left
                    + 16 * ROUNDING * (Math.abs(restLog) + Math.abs(restAngle) + size));
      }
    }
    relative += ROUNDING * wrong;
    logScale = Double.isNaN(scale) ? logRe : scale;
    logRe -= logScale;
    double grown = Math.exp(logRe);
    double cos = grown * Math.cos(logIm);
    double sin = grown * Math.sin(logIm);
    if (isSplit()) {
      // 1 - exp(rest)
      double half = Math.sin(0.5 * restIm);
      double power = Math.expm1(restRe);
      double fRe = -(power - (1 + power) * 2 * half * half);
      double fIm = -(1 + power) * Math.sin(restIm);
      re = cos * fRe - sin * fIm;
      im = cos * fIm + sin * fRe;
      double size = grown * (Math.abs(fRe) + Math.abs(fIm));
      error = size * 2 * relative + grown * (1 + power) * 2 * restWrong;
    } else {
      re = cos;
      im = sin;
      error = grown * 2 * relative;
    }
    if (!(error < Double.POSITIVE_INFINITY)) {
      error = Double.POSITIVE_INFINITY;
    }
  }

  /**
   * log of a bound on the size of the transform over exp(scale) at s = theta + i (y + d), for d in
   * the ellipse with half-axes {@code across} (real part) and {@code along} (imaginary part). To be
   * asked right after {@link #at} at theta and y, whose values it uses.
   */
  double logSup(double theta, double y, double across, double along, double v, double scale) {
    double order = order(theta);
    double total = parts.variance() + v;
    double near = Math.max(0, y - across);
    double sup =
        0.5 * total * (theta * (theta + 1) + along * along + (2 * theta + 1) * along - near * near)
            - scale;
    double large = 0;
    for (int i = 0; i < releases.length; i++) {
      SampledTransform release = releases[i];
      double deviation =
          release.deviation(order, y, across, along) + release.error + release.largeError;
      double log = 0.5 * Math.log1p(release.re * (2 + release.re) + release.im * release.im);
      double modulus = Math.exp(log) + deviation + (isSplit() ? release.largest : 0);
      sup +=
          parts.count(i)
              * (deviation < 0.5 * Math.exp(log)
                  ? log + Math.log1p((modulus - Math.exp(log)) * Math.exp(-log))
                  : Math.log(modulus));
      large += parts.count(i) * (release.largest + release.largeError) / modulus;
    }
    return isSplit() ? sup + Math.log(large) : sup;
  }
}
