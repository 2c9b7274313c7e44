package dev.sotto.compute;

/**
 * The release of a sum: (sum + noise on the grid of quantum) · multiplier. The noise is addressed
 * by (key, kind of law, step, tensor, firstIndex + p) and has the same bits on every backend.
 *
 * @param law the law at scale 1
 * @param scale multiplies the law, in the units of the sum; at least 0
 * @param quantum the grid's step, a power of two
 * @param address where the draws stand
 * @param parameters P
 * @param sum F64 [P], on the grid
 * @param multiplier a public constant
 */
public record Noise(
    DrawnNoise law,
    double scale,
    double quantum,
    Address address,
    long parameters,
    DeviceBuffer sum,
    double multiplier) {
  /**
   * Where a call's draws stand in all there are. No address may serve twice in the life of a key.
   *
   * @param key 32 bytes; not copied
   * @param step from 0 to 2³² − 1
   * @param tensor from 0 to 2²⁸ − 1
   * @param firstIndex index of the first parameter, at least 0
   */
  public record Address(byte[] key, long step, int tensor, long firstIndex) {
    /** Without the key. */
    @Override
    public String toString() {
      return "step " + step + ", tensor " + tensor + ", from " + firstIndex;
    }
  }
}
