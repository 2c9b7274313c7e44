package dev.sotto.gradient;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;

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
    perSampleNorm(factors, false, null, 0, squaredNorms);
  }

  /**
   * The gradients themselves, with their squared norms.
   *
   * @param accumulate whether they are added to what is there, and the norms are of the sums
   * @param gradients of unit s from s · stride on, in the order of the parameters; F32, device
   * @param stride at least the block's parameters
   * @param squaredNorms [U], F64, device
   */
  public void form(
      Factors factors,
      boolean accumulate,
      DeviceBuffer gradients,
      long stride,
      DeviceBuffer squaredNorms) {
    perSampleNorm(factors, accumulate, gradients, stride, squaredNorms);
  }

  private void perSampleNorm(
      Factors factors,
      boolean accumulate,
      DeviceBuffer gradients,
      long stride,
      DeviceBuffer squaredNorms) {
    Factors.LowRank pair = (Factors.LowRank) factors;
    backend.perSampleNorm(
        pair.shape(),
        pair.units().count(),
        pair.units().start(),
        pair.units().rows(),
        pair.x(),
        pair.u(),
        pair.dy(),
        pair.lddy(),
        pair.du(),
        accumulate,
        gradients,
        stride,
        squaredNorms);
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
    Factors.LowRank pair = (Factors.LowRank) factors;
    backend.clipAndSumPair(
        pair.shape(),
        pair.units().count(),
        pair.units().start(),
        pair.units().rows(),
        pair.x(),
        pair.u(),
        pair.dy(),
        pair.lddy(),
        pair.du(),
        clipFactors,
        quantum,
        sum);
  }
}
