package dev.sotto.trainer;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.accounting.StatisticsNoise;
import dev.sotto.clip.BatchStatistics;
import dev.sotto.clip.Clipping;
import dev.sotto.control.Decision;
import java.util.List;

/**
 * The release of a step whose clip norms were chosen: the clipped sum of every LoRA pair, and where
 * the controller reads them the sums of centred clip indicators and losses, as one Gaussian
 * mechanism of a stated joint multiplier.
 *
 * @param statisticsCost by how much the gradient's multiplier rises over the joint one, relatively,
 *     to pay for the statistics; 0 where there are none
 * @param lossBound where a unit's loss is cut off, in nats per token
 */
public record ControlledRelease(double statisticsCost, double lossBound) {
  /** Whether statistics are released. */
  public boolean hasStatistics() {
    return statisticsCost > 0;
  }

  /**
   * The event of one step.
   *
   * @param groups the pairs at the norms chosen
   * @param noiseMultiplier z, jointly over gradient and statistics
   * @param allocation how noise is shared among the pairs
   * @return K groups of gradients, and one of statistics
   */
  public GaussianEvent event(
      List<Clipping.Group> groups, double noiseMultiplier, NoiseAllocation allocation) {
    int pairs = groups.size();
    double[] sensitivities = new double[pairs + (hasStatistics() ? 1 : 0)];
    double[] norms = groups.stream().mapToDouble(Clipping.Group::sensitivity).toArray();
    int[] sizes = groups.stream().mapToInt(group -> Math.toIntExact(group.size())).toArray();
    double[] stddevs = new double[sensitivities.length];
    double ofGradient = noiseMultiplier;
    if (hasStatistics()) {
      StatisticsNoise noise = StatisticsNoise.of(noiseMultiplier, pairs, statisticsCost);
      ofGradient = noise.gradientMultiplier();
      sensitivities[pairs] = BatchStatistics.sensitivity(pairs);
      stddevs[pairs] = noise.stddev();
    }
    System.arraycopy(norms, 0, sensitivities, 0, pairs);
    double[] shared =
        pairs == 1
            ? new double[] {ofGradient * norms[0]}
            : allocation.stddevs(ofGradient, norms, sizes);
    System.arraycopy(shared, 0, stddevs, 0, pairs);
    return GaussianEvent.ofGroups(sensitivities, stddevs);
  }

  /** How a decision clips. */
  static Clipping clipping(Decision decision) {
    Clipping clipping = Clipping.perPair(decision.clipNorms());
    return decision.stabilizer() > 0 ? clipping.normalised(decision.stabilizer()) : clipping;
  }
}
