package dev.sotto.mechanism;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.NoiseLaw;

/**
 * Releases a clipped gradient sum under Gaussian noise, group k with its own standard deviation
 * s_k.
 *
 * <p><b>Guarantee.</b> One call is the Gaussian mechanism described by {@link #event}: noise
 * multiplier (Σ S_k²/s_k²)^(−1/2) with S_k the sensitivity the sum states. Noise is an integer
 * multiple of the grid on which the sum lives, so the low-order bits of the release carry nothing
 * (Mironov 2012). The event must be reserved in the ledger before {@link #release} is called.
 */
public final class GaussianMechanism {
  private final NoiseKey key;

  /**
   * A mechanism that draws from {@code key}.
   *
   * @param key the run's key
   */
  public GaussianMechanism(NoiseKey key) {
    this.key = key;
  }

  /**
   * What a release with these standard deviations costs, before sampling.
   *
   * @param sum states the sensitivities
   * @param noiseStddev s_k of each group, in the sum's units
   */
  public static GaussianEvent event(ClippedGradSum sum, double[] noiseStddev) {
    return GaussianEvent.ofGroups(sum.sensitivities(), noiseStddev);
  }

  /**
   * out = (sum + noise) · multiplier.
   *
   * @param sum the clipped sum of one logical batch
   * @param noiseStddev s_k of each group
   * @param draw addresses the noise: never the same number twice in the life of a key
   * @param multiplier a public constant, usually 1/(qN)
   * @param out F32 [d], overwritten
   */
  public Privatized<DeviceBuffer> release(
      ClippedGradSum sum, double[] noiseStddev, long draw, double multiplier, DeviceBuffer out) {
    if (noiseStddev.length != sum.groups()) {
      throw new IllegalArgumentException(
          noiseStddev.length + " standard deviations were given for " + sum.groups() + " groups");
    }
    Backend backend = sum.backend();
    for (int g = 0; g < noiseStddev.length; g++) {
      long offset = sum.offset(g);
      long size = sum.size(g);
      backend.addNoise(
          NoiseLaw.GAUSSIAN,
          size,
          noiseStddev[g],
          sum.quantum(g),
          key.bytes(),
          draw,
          0,
          offset,
          sum.exactSum().slice(offset, size),
          multiplier,
          out.slice(offset, size));
    }
    return new Privatized<>(out);
  }
}
