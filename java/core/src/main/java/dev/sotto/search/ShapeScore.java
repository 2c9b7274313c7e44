package dev.sotto.search;

import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.QuantileTable;

/** How well a shape of LMO noise serves a query once it is scaled to the target, by estimate. */
final class ShapeScore {
  /** Cost of a shape that cannot serve. */
  static final double UNFIT = 1e6;

  /**
   * The noise is drawn on a grid of some 2^-20 sensitivities over the root of the dimension, and
   * the kernel refuses laws whose largest draw is more than 2^51 steps of it.
   */
  private static final double LARGEST_DRAW = 0x1p28;

  private final NoiseQuery query;
  private final QuickAccount account;

  ShapeScore(NoiseQuery query) {
    this.query = query;
    account = QuickAccount.of(query);
  }

  /**
   * The log of what is to be small: the variance, the mean absolute value or P(|Z| > gamma), of the
   * law scaled to the target.
   */
  double cost(LmoNoise law) {
    try {
      if (!LawShape.hasVariance(law)) {
        return UNFIT;
      }
      double moment =
          switch (query.objective()) {
            case VARIANCE -> law.variance();
            case ABSOLUTE -> law.meanAbsolute();
            case USEFULNESS -> 0;
          };
      double shift = QuickAccount.largestShift(account, law, query);
      double scale = query.sensitivity() / shift;
      double largest = law.absoluteQuantile(QuantileTable.LARGEST_EXPONENT);
      if (!(largest * Math.sqrt(query.dimension()) <= LARGEST_DRAW * shift)) {
        return UNFIT;
      }
      double cost =
          switch (query.objective()) {
            case VARIANCE -> Math.log(moment) + 2 * Math.log(scale);
            case ABSOLUTE -> Math.log(moment) + Math.log(scale);
            case USEFULNESS -> law.logMgf(-query.gamma() / scale);
          };
      return Double.isFinite(cost) ? cost : UNFIT;
    } catch (IllegalArgumentException outOfRange) {
      return UNFIT;
    }
  }

  /** Whether the sampling kernel can draw from the law. */
  static boolean drawable(LmoNoise law) {
    try {
      QuantileTable.of(law);
      return true;
    } catch (IllegalArgumentException quantilesBendTooSharply) {
      return false;
    }
  }

  /** The law without the terms that contribute next to nothing. */
  LmoNoise simplified(LmoNoise law, double cost) {
    LmoNoise simple = law;
    for (int term = 0; term < 4; term++) {
      LmoNoise shorter = LawShape.without(simple, term);
      if (shorter != null && cost(shorter) <= cost + 1e-5) {
        simple = shorter;
      }
    }
    return simple;
  }
}
