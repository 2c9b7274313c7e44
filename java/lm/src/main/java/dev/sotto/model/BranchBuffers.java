package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.model.TransformerConfig.NormPlace;
import java.util.stream.Stream;

/**
 * What the norms of one branch keep for its backward pass, [rows, C] each with statistics [2,
 * rows]; null where the block has no norm in that place.
 *
 * @param input the normed input
 * @param inputStatistics of the norm before the branch
 * @param output what the branch gave
 * @param outputStatistics of the norm behind it
 * @param sum the stream with the branch added
 * @param sumStatistics of the norm behind the sum
 */
record BranchBuffers(
    DeviceBuffer input,
    DeviceBuffer inputStatistics,
    DeviceBuffer output,
    DeviceBuffer outputStatistics,
    DeviceBuffer sum,
    DeviceBuffer sumStatistics) {

  static BranchBuffers of(Backend backend, NormPlace place, long rows, int channels) {
    return new BranchBuffers(
        take(backend, place.input(), rows * channels),
        take(backend, place.input(), 2 * rows),
        take(backend, place.output(), rows * channels),
        take(backend, place.output(), 2 * rows),
        take(backend, place.sum(), rows * channels),
        take(backend, place.sum(), 2 * rows));
  }

  private static DeviceBuffer take(Backend backend, boolean needed, long length) {
    return needed ? backend.allocate(ElementType.F32, length) : null;
  }

  Stream<DeviceBuffer> all() {
    return Stream.of(input, inputStatistics, output, outputStatistics, sum, sumStatistics);
  }
}
