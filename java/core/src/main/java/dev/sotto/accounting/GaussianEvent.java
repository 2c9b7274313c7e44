package dev.sotto.accounting;

import java.util.List;

/**
 * One joint release of several groups of numbers, group k with L2 sensitivity C_k and independent
 * Gaussian noise of standard deviation s_k on every coordinate.
 *
 * <p>Scaling each group by 1/s_k turns the release into one Gaussian mechanism with unit noise and
 * L2 sensitivity (sum C_k^2 / s_k^2)^(1/2), so only {@link #noiseMultiplier()} matters for privacy.
 * Noise of z*C_k on each of K groups therefore gives a multiplier of z / sqrt(K), not z.
 *
 * @param groups the groups of the release, at least one
 */
public record GaussianEvent(List<Group> groups) implements PrivacyEvent {

  /**
   * One group of coordinates that is clipped together.
   *
   * @param sensitivity the L2 norm C_k by which one privacy unit can move the group
   * @param stddev the standard deviation s_k of the noise, in the same unit
   */
  public record Group(double sensitivity, double stddev) {
    /** Checks that both numbers are finite and above 0. */
    public Group {
      Checks.positive(sensitivity, "sensitivity of a Gaussian group");
      Checks.positive(stddev, "stddev of a Gaussian group");
    }
  }

  /** Copies the list and checks that it is not empty and that its multiplier is a usable number. */
  public GaussianEvent {
    groups = List.copyOf(groups);
    if (groups.isEmpty()) {
      throw new IllegalArgumentException("a Gaussian event needs at least one group, got none");
    }
    Checks.positive(jointMultiplier(groups), "noise multiplier of a Gaussian event");
  }

  /**
   * A release with one group of sensitivity 1.
   *
   * @param noiseMultiplier standard deviation divided by L2 sensitivity
   * @return the event
   */
  public static GaussianEvent ofMultiplier(double noiseMultiplier) {
    Checks.positive(noiseMultiplier, "noise multiplier");
    return new GaussianEvent(List.of(new Group(1, noiseMultiplier)));
  }

  /**
   * A release with one group per entry of the two arrays.
   *
   * @param sensitivities C_k
   * @param stddevs s_k, as many
   * @return the event
   */
  public static GaussianEvent ofGroups(double[] sensitivities, double[] stddevs) {
    if (sensitivities.length != stddevs.length) {
      throw new IllegalArgumentException(
          "a Gaussian event needs one stddev per sensitivity, got "
              + sensitivities.length
              + " sensitivities and "
              + stddevs.length
              + " stddevs");
    }
    Group[] groups = new Group[stddevs.length];
    for (int k = 0; k < groups.length; k++) {
      groups[k] = new Group(sensitivities[k], stddevs[k]);
    }
    return new GaussianEvent(List.of(groups));
  }

  /**
   * The multiplier of the equivalent single Gaussian mechanism.
   *
   * @return (sum C_k^2 / s_k^2)^(-1/2)
   */
  public double noiseMultiplier() {
    return jointMultiplier(groups);
  }

  private static double jointMultiplier(List<Group> groups) {
    double norm = 0;
    for (Group g : groups) {
      norm = Math.hypot(norm, g.sensitivity() / g.stddev());
    }
    return 1 / norm;
  }
}
