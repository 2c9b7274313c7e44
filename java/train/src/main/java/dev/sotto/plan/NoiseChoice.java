package dev.sotto.plan;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.base.InputException;
import dev.sotto.clip.Clipping;
import dev.sotto.noise.LmoNoise;
import java.util.ArrayList;
import java.util.List;

/**
 * Which noise a run adds, up to its size.
 *
 * @param mechanism {@code gaussian}, {@code laplace} or {@code lmo}
 * @param law the law of the noise up to a factor; null for Gaussian noise
 * @param paper whether the size is chosen by the account of arXiv 2405.18776 in place of a sound
 *     one, for replication: such a run has no guarantee
 */
public record NoiseChoice(String mechanism, LmoNoise law, boolean paper) {
  private static final LmoNoise LAPLACE = LmoNoise.laplace(1);

  /** Checks that the parts belong together. */
  public NoiseChoice {
    if ((law == null) != mechanism.equals("gaussian") || paper && !mechanism.equals("lmo")) {
      throw new InputException(
          "mechanism " + mechanism + " does not go with the law or the account given");
    }
  }

  /** Normal noise. */
  public static NoiseChoice gaussian() {
    return new NoiseChoice("gaussian", null, false);
  }

  /** Laplace noise on each coordinate. */
  public static NoiseChoice laplace() {
    return new NoiseChoice("laplace", LAPLACE, false);
  }

  /** LMO noise, soundly accounted for. */
  public static NoiseChoice lmo(LmoNoise law) {
    return new NoiseChoice("lmo", law, false);
  }

  /** LMO noise of the size that its authors' account asks for. Not a guarantee. */
  public static NoiseChoice paper(LmoNoise law) {
    return new NoiseChoice("lmo", law, true);
  }

  /**
   * The choice with its law scaled to a Fisher information of 1: in many coordinates such noise
   * times s acts like a Gaussian of standard deviation s, so that noise multipliers of different
   * laws can be compared.
   */
  NoiseChoice standardized() {
    return law == null || law.equals(LAPLACE)
        ? this
        : new NoiseChoice(mechanism, law.scaled(Math.sqrt(law.fisherInformation())), paper);
  }

  /**
   * The release of one step about its sample.
   *
   * @param noiseMultiplier z, jointly over the groups
   * @param groups the clipped groups
   * @param allocation how the noise is shared among them
   */
  PrivacyEvent release(
      double noiseMultiplier, List<Clipping.Group> groups, NoiseAllocation allocation) {
    double[] sensitivities = sensitivities(groups);
    double[] scales = scales(noiseMultiplier, sensitivities, groups, allocation);
    if (law == null) {
      return GaussianEvent.ofGroups(sensitivities, scales);
    }
    List<LmoEvent.Group> noisy = new ArrayList<>();
    for (int k = 0; k < scales.length; k++) {
      noisy.add(new LmoEvent.Group(sensitivities[k], groups.get(k).size(), scales[k]));
    }
    return new LmoEvent(law, noisy);
  }

  static double[] sensitivities(List<Clipping.Group> groups) {
    return groups.stream().mapToDouble(Clipping.Group::sensitivity).toArray();
  }

  private static double[] scales(
      double noiseMultiplier,
      double[] sensitivities,
      List<Clipping.Group> groups,
      NoiseAllocation allocation) {
    if (groups.size() == 1) {
      // There is nothing to share, whatever the size.
      return new double[] {noiseMultiplier * sensitivities[0]};
    }
    int[] sizes = groups.stream().mapToInt(group -> Math.toIntExact(group.size())).toArray();
    return allocation.stddevs(noiseMultiplier, sensitivities, sizes);
  }
}
