package dev.sotto.plan;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.base.InputException;
import dev.sotto.clip.Clipping;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.NoiseLaw;
import java.util.ArrayList;
import java.util.List;

/**
 * Which noise a run adds, up to its size.
 *
 * @param law of the noise, up to a factor
 * @param paper whether the size is chosen by the account of arXiv 2405.18776 in place of a sound
 *     one, for replication: such a run has no guarantee
 */
public record NoiseChoice(NoiseLaw law, boolean paper) {
  /** Checks that that account knows the law. */
  public NoiseChoice {
    if (paper && !(law instanceof NoiseLaw.Lmo)) {
      throw new InputException("the account of the paper is for LMO noise; leave it out");
    }
  }

  /** Normal noise. */
  public static NoiseChoice gaussian() {
    return new NoiseChoice(NoiseLaw.GAUSSIAN, false);
  }

  /** Laplace noise on each coordinate. */
  public static NoiseChoice laplace() {
    return new NoiseChoice(NoiseLaw.LAPLACE, false);
  }

  /** LMO noise, soundly accounted for. */
  public static NoiseChoice lmo(LmoNoise law) {
    return new NoiseChoice(new NoiseLaw.Lmo(law), false);
  }

  /** LMO noise of the size that its authors' account asks for. Not a guarantee. */
  public static NoiseChoice paper(LmoNoise law) {
    return new NoiseChoice(new NoiseLaw.Lmo(law), true);
  }

  /**
   * The choice with its law scaled to a Fisher information of 1: in many coordinates such noise
   * times s acts like a Gaussian of standard deviation s, so that noise multipliers of different
   * laws can be compared.
   */
  NoiseChoice standardized() {
    return law instanceof NoiseLaw.Lmo lmo && !law.mixture().equals(NoiseLaw.LAPLACE.mixture())
        ? new NoiseChoice(
            new NoiseLaw.Lmo(lmo.noise().scaled(Math.sqrt(lmo.noise().fisherInformation()))), paper)
        : this;
  }

  /**
   * The release of one step about its sample.
   *
   * @param noiseMultiplier z, jointly over the groups
   * @param groups the clipped groups
   * @param allocation how the noise is shared among them
   */
  PrivacyEvent event(
      double noiseMultiplier, List<Clipping.Group> groups, NoiseAllocation allocation) {
    double[] sensitivities = sensitivities(groups);
    double[] scales = scales(noiseMultiplier, sensitivities, groups, allocation);
    if (law.mixture().isEmpty()) {
      return GaussianEvent.ofGroups(sensitivities, scales);
    }
    List<LmoEvent.Group> noisy = new ArrayList<>();
    for (int k = 0; k < scales.length; k++) {
      noisy.add(new LmoEvent.Group(sensitivities[k], groups.get(k).size(), scales[k]));
    }
    return new LmoEvent(law.mixture().get(), noisy);
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
