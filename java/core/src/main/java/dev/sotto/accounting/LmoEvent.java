package dev.sotto.accounting;

import dev.sotto.noise.LmoNoise;
import java.util.List;

/**
 * One joint release of several groups of numbers, group k a vector in d_k coordinates with L2
 * sensitivity C_k, under independent noise s_k Z on every coordinate, each with its own draw of Z.
 * Plain Laplace noise is the member {@link LmoNoise#laplace} of the family.
 *
 * <p>One group of dimension 1 is a scalar query and is accounted by its exact privacy loss. For
 * anything larger the accountants bound the worst direction in which one unit may move the vector:
 * see {@link LmoDivergence} and {@link DominatingGaussian}.
 *
 * @param law the law of Z
 * @param groups the groups of the release, at least one
 */
public record LmoEvent(LmoNoise law, List<Group> groups) implements PrivacyEvent {

  /**
   * One group of coordinates that is clipped together.
   *
   * @param sensitivity the L2 norm C_k by which one privacy unit can move the group
   * @param dimension the number of coordinates d_k
   * @param scale the factor s_k on the law, so that the noise is s_k Z
   */
  public record Group(double sensitivity, long dimension, double scale) {
    /** Checks that all numbers are finite and above 0. */
    public Group {
      Checks.positive(sensitivity, "sensitivity of a noise group");
      Checks.positive(scale, "scale of a noise group");
      Checks.positive(scale / sensitivity, "scale over sensitivity of a noise group");
      if (dimension < 1) {
        throw new IllegalArgumentException(
            "dimension of a noise group must be at least 1, got " + dimension);
      }
    }

    /** By how much one unit can move the group in units of the law, C_k / s_k. */
    public double shift() {
      return sensitivity / scale;
    }
  }

  /** Copies the list and checks that it is not empty. */
  public LmoEvent {
    groups = List.copyOf(groups);
    if (groups.isEmpty()) {
      throw new IllegalArgumentException("a noise event needs at least one group, got none");
    }
  }

  /**
   * A single number released with noise.
   *
   * @param law the law of the noise
   * @param sensitivity by how much one privacy unit can move the number, in the unit of the noise
   * @return the event
   */
  public static LmoEvent scalar(LmoNoise law, double sensitivity) {
    return vector(law, sensitivity, 1);
  }

  /**
   * A vector released with noise on every coordinate.
   *
   * @param law the law of the noise
   * @param sensitivity the L2 norm by which one privacy unit can move the vector
   * @param dimension its number of coordinates
   * @return the event
   */
  public static LmoEvent vector(LmoNoise law, double sensitivity, long dimension) {
    return new LmoEvent(law, List.of(new Group(sensitivity, dimension, 1)));
  }
}
