package dev.sotto.gradient;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.PrivateKernels.PairFactors;
import dev.sotto.compute.Rows;

/**
 * What can be done with the units' gradients in one block, given its {@link Factors}: take their
 * norms, form them, or clip and sum them without forming any. The one place that knows which
 * kernels belong to which kind of block. All of it is raw private data.
 *
 * @param backend that holds the factors
 */
public record UnitGradients(Backend backend) {
  /** Squared norms of the units' gradients in the block, into {@code squaredNorms} [U], F64. */
  public void norms(Factors factors, DeviceBuffer squaredNorms) {
    backend.privatePath().perSampleNorm(pairOf(factors), false, null, squaredNorms);
  }

  /**
   * The gradients themselves, with their squared norms.
   *
   * @param accumulate whether they are added to what is there, and the norms are of the sums
   * @param gradients a row a unit, in the order of the parameters; F32, device
   * @param squaredNorms [U], F64, device
   */
  public void form(Factors factors, boolean accumulate, Rows gradients, DeviceBuffer squaredNorms) {
    backend.privatePath().perSampleNorm(pairOf(factors), accumulate, gradients, squaredNorms);
  }

  /**
   * Adds Σ_s clipFactor[s] · gradient of unit s, each term rounded to the quantum: the bits of
   * forming the gradients first.
   *
   * @param clipFactors [U], F32, device
   * @param quantum the grid of the sum
   * @param sum of the block [d_k], F64, device
   */
  public void clipAndSum(
      Factors factors, DeviceBuffer clipFactors, double quantum, DeviceBuffer sum) {
    backend.privatePath().clipAndSumPair(pairOf(factors), clipFactors, quantum, sum);
  }

  private static PairFactors pairOf(Factors factors) {
    if (factors instanceof Factors.Dense dense) {
      return dense.pair();
    }
    return factors instanceof Factors.FrozenA frozen
        ? frozen.pair()
        : ((Factors.LowRank) factors).pair();
  }
}
