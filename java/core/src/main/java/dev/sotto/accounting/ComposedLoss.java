package dev.sotto.accounting;

import java.util.function.DoubleUnaryOperator;

/**
 * The sum of independent grid losses: part i is added {@code counts[i]} times. Everything needed to
 * choose a tilt and a window before the sum is actually computed.
 *
 * @param parts the losses, all on one step
 * @param counts how often each is added
 */
record ComposedLoss(LossMass[] parts, long[] counts) {
  double step() {
    return parts[0].step();
  }

  /** log E[exp(theta loss)] of the whole sum. */
  double logMoment(double theta) {
    double sum = 0;
    for (int i = 0; i < parts.length; i++) {
      sum += counts[i] * parts[i].logMoment(theta);
    }
    return sum;
  }

  /**
   * A planning estimate, never part of a bound.
   *
   * @param theta the tilt under which the loss concentrates near epsilon
   * @param epsilon the saddle-point estimate of epsilon
   */
  record Saddle(double theta, double epsilon) {}

  /**
   * Estimates epsilon at a delta from the saddle-point formula delta = exp(phi) / sqrt(2 pi phi'')
   * with phi = log E[exp(theta L)] - theta epsilon - log(theta (1 + theta)) at its minimum.
   */
  Saddle saddle(double delta, double nearTheta) {
    double logDelta = Math.log(delta);
    double theta = nearTheta;
    boolean known = nearTheta > 0;
    double correction = 0;
    for (int round = 0; round < 4; round++) {
      double target = logDelta + correction;
      DoubleUnaryOperator cost = y -> cost(Math.exp(y), target);
      double y;
      if (known) {
        y = descend(cost, Math.log(theta), 0.3, 0.01);
      } else {
        y = descend(cost, 0, 1.0, 0.01);
      }
      theta = Math.exp(y);
      known = true;
      double curvature = variance(theta) + 1 / (theta * theta) + 1 / ((1 + theta) * (1 + theta));
      correction = 0.5 * Math.log(2 * Math.PI * curvature);
    }
    return new Saddle(theta, cost(theta, logDelta + correction));
  }

  private double cost(double theta, double target) {
    return (logMoment(theta) - Math.log(theta) - Math.log1p(theta) - target) / theta;
  }

  /** The tilt that minimises phi at a given epsilon: where to centre the law of the sum. */
  double tiltFor(double epsilon, double nearTheta) {
    DoubleUnaryOperator phi =
        y -> {
          double theta = Math.exp(y);
          return logMoment(theta) - theta * epsilon - Math.log(theta) - Math.log1p(theta);
        };
    return Math.exp(descend(phi, Math.log(nearTheta), 0.5, 0.01));
  }

  /** Walks downhill from a start in growing steps, then narrows by golden section. */
  static double descend(DoubleUnaryOperator cost, double start, double stride, double tolerance) {
    double here = start;
    double value = cost.applyAsDouble(here);
    double step = stride;
    double next = cost.applyAsDouble(here + step);
    if (!(next < value)) {
      step = -step;
      next = cost.applyAsDouble(here + step);
    }
    double before = here - step;
    while (next < value && Math.abs(here) < 60) {
      before = here;
      here += step;
      value = next;
      step *= 1.5;
      next = cost.applyAsDouble(here + step);
    }
    double from = Math.min(before, here + step);
    double to = Math.max(before, here + step);
    return GoldenSection.narrowed(cost, from, to, tolerance).middle();
  }

  /** The standard deviation of the untilted sum, in grid steps. */
  double spread() {
    double variance = 0;
    for (int i = 0; i < parts.length; i++) {
      variance += counts[i] * parts[i].indexVariance();
    }
    return Math.sqrt(variance);
  }

  /** The variance of the sum under the tilt, by a central difference. */
  double variance(double theta) {
    double h = 0.1 * theta;
    double second = (logMoment(theta + h) - 2 * logMoment(theta) + logMoment(theta - h)) / (h * h);
    // Below this the tilted law sits on one point and differences are rounding.
    return Math.max(second, 1e-2 * step() * step());
  }

  /**
   * Grid indices between which the tilted sum lies except with probability tail on either side, by
   * Chernoff's inequality; it holds for every exponent, so an inexact search only costs width.
   */
  Window window(double theta, double tail) {
    double logTail = -Math.log(tail);
    double centre = logMoment(theta);
    double natural = Math.log(Math.sqrt(2 * logTail / variance(theta)));
    DoubleUnaryOperator above =
        y -> (logMoment(theta + Math.exp(y)) - centre + logTail) / Math.exp(y);
    DoubleUnaryOperator below =
        y -> (logMoment(theta - Math.exp(y)) - centre + logTail) / Math.exp(y);
    double high = above.applyAsDouble(descend(above, natural, 0.5, 0.1));
    double low = -below.applyAsDouble(descend(below, natural, 0.5, 0.1));
    double lowest = 0;
    double highest = 0;
    for (int i = 0; i < parts.length; i++) {
      lowest += (double) counts[i] * parts[i].low();
      highest += (double) counts[i] * parts[i].high();
    }
    low = Math.max(Math.floor(low / step()), lowest);
    high = Math.min(Math.ceil(high / step()), highest);
    // Rounding can spoil the search where the law is degenerate; the whole range always holds.
    return low <= high ? new Window(low, high) : new Window(lowest, highest);
  }

  /**
   * Chooses tilt and window to read epsilon off the sum near a given value.
   *
   * <p>Mass outside the window, on either side, can cost delta at most its tilted probability times
   * exp(K - theta epsilon), so that probability is set to make the cost a small share of delta. The
   * saddle-point tilt keeps rounding lowest; where a few rare releases with a large loss dominate
   * it also makes the window very wide, and then a weaker tilt is taken as long as rounding stays a
   * small share of delta too.
   *
   * @param epsilon roughly what will be read off
   * @param share the share of delta that may be lost
   */
  Tilt tilt(double epsilon, double delta, double nearTheta, double share) {
    double logDelta = Math.log(delta);
    double rounding = 1e-14;
    for (long count : counts) {
      rounding += count * 1e-15;
    }
    Tilt best = null;
    double cleanest = Double.POSITIVE_INFINITY;
    double theta = tiltFor(epsilon, nearTheta);
    for (int round = 0; round < 10; round++, theta *= 0.6) {
      double logMoment = logMoment(theta);
      double logScale = logDelta - (logMoment - theta * epsilon);
      double cells = 1 / (theta * step());
      // Losses near epsilon count for little, on average 1 / (1 + theta) of their mass.
      double noise = rounding * Math.min(cells, 4 * Math.sqrt(cells)) / (1 + theta);
      double blur = Math.log(noise) - logScale;
      boolean clean = blur < Math.log(2e-4);
      if (!clean && blur > cleanest) {
        break;
      }
      double tail = Math.max(1e-30, Math.min(0.01, share * Math.exp(logScale)));
      Window window = window(theta, tail);
      if (best == null
          || (cleanest > Math.log(2e-4) && blur < cleanest)
          || (clean && window.length() < 0.8 * best.window().length())) {
        best = new Tilt(theta, logMoment, tail, window);
        cleanest = blur;
      } else if (window.length() > best.window().length()) {
        break;
      }
      if (clean && window.length() < 6000) {
        break;
      }
    }
    return best;
  }

  /**
   * A tilt and what goes with it.
   *
   * @param theta the tilt
   * @param logMoment K at the tilt
   * @param tail tilted probability of the sum above the window, and of it below
   * @param window the window
   */
  record Tilt(double theta, double logMoment, double tail, Window window) {}

  /**
   * A range of grid indices, as doubles because a hopeless grid can exceed an int.
   *
   * @param low first index
   * @param high last index
   */
  record Window(double low, double high) {
    double length() {
      return high - low + 1;
    }
  }
}
