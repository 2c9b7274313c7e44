package dev.sotto.search;

import dev.sotto.noise.LmoNoise;
import java.util.Arrays;

/**
 * The shapes of LMO noise as points of a box, with the scale left out: every point is a law whose
 * mean inverse scale is 1.
 *
 * <p>Coordinates: the logs of the gamma and the exponential term's weight over the uniform term's;
 * the log of the gamma shape; the half-width of the uniform term over its centre; and, in boxes
 * with a truncated normal term, the log of its weight over the uniform term's, its mean and the log
 * of its standard deviation, cut to [0, 1]. A constant part of the inverse scale needs no
 * coordinate: the low end of the uniform term is one.
 */
final class LawShape {
  /** Coordinates of the box without a truncated normal term, and with one. */
  static final int WITHOUT_NORMAL = 4;

  static final int WITH_NORMAL = 7;

  private static final double[] LOWEST = {-12, -12, -6, 0, -12, -1, -4};
  private static final double[] HIGHEST = {12, 12, 6, 1, 12, 2, 2};

  /** Below this share of the mean inverse scale a term may be left out if nothing is lost by it. */
  private static final double SMALL_SHARE = 0.01;

  private LawShape() {}

  static double[] lowest(int coordinates) {
    return Arrays.copyOf(LOWEST, coordinates);
  }

  static double[] highest(int coordinates) {
    return Arrays.copyOf(HIGHEST, coordinates);
  }

  static LmoNoise law(double[] point) {
    double shape = Math.exp(point[2]);
    boolean normal = point.length == WITH_NORMAL;
    LmoNoise law =
        new LmoNoise(
            new LmoNoise.Gamma(Math.exp(point[0]), shape, 1 / shape),
            new LmoNoise.Exponential(Math.exp(point[1]), 1),
            new LmoNoise.Uniform(1, 1 - point[3], 1 + point[3]),
            normal
                ? new LmoNoise.TruncatedNormal(
                    Math.exp(point[4]), point[5], Math.exp(point[6]), 0, 1)
                : LmoNoise.TruncatedNormal.none());
    return law.scaled(law.meanInverseScale());
  }

  /** The point whose gamma, exponential and uniform terms have these means. */
  static double[] point(
      double gamma, double shape, double exponential, double uniform, double halfWidth) {
    return new double[] {
      Math.log(gamma / uniform),
      Math.log(exponential / uniform),
      Math.log(shape),
      halfWidth,
      LOWEST[4] / 3,
      0.5,
      0
    };
  }

  /**
   * Whether the noise has a variance: whether the inverse scale stays away from 0, or its density
   * there goes to 0 faster than linearly.
   */
  static boolean hasVariance(LmoNoise law) {
    LmoNoise.Uniform uniform = law.uniform();
    LmoNoise.TruncatedNormal normal = law.truncatedNormal();
    boolean away =
        uniform.weight() > 0 && uniform.low() > 0 || normal.weight() > 0 && normal.low() > 0;
    double power =
        (law.gamma().weight() > 0 ? law.gamma().shape() : 0)
            + (law.exponential().weight() > 0 ? 1 : 0)
            + (uniform.weight() > 0 ? 1 : 0)
            + (normal.weight() > 0 ? 1 : 0);
    return away || power > 2;
  }

  /**
   * The law without term 0 (gamma), 1 (exponential), 2 (uniform) or 3 (normal); null if that term
   * is absent or contributes more than a small share.
   */
  static LmoNoise without(LmoNoise law, int term) {
    double[] weights = {
      law.gamma().weight(),
      law.exponential().weight(),
      law.uniform().weight(),
      law.truncatedNormal().weight()
    };
    double share =
        weights[term]
            * switch (term) {
              case 0 -> law.gamma().shape() * law.gamma().scale();
              case 1 -> 1 / law.exponential().rate();
              case 2 -> law.uniform().high();
              default -> law.truncatedNormal().high();
            }
            / law.meanInverseScale();
    if (weights[term] == 0 || share > SMALL_SHARE) {
      return null;
    }
    return new LmoNoise(
        term == 0 ? LmoNoise.Gamma.none() : law.gamma(),
        term == 1 ? LmoNoise.Exponential.none() : law.exponential(),
        term == 2 ? LmoNoise.Uniform.none() : law.uniform(),
        term == 3 ? LmoNoise.TruncatedNormal.none() : law.truncatedNormal());
  }
}
