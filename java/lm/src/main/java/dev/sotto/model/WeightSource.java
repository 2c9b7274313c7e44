package dev.sotto.model;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;

/** Where a model's tensors come from: a checkpoint, or an initialiser. */
interface WeightSource {
  /**
   * The tensor of that name.
   *
   * @param name HuggingFace's name, with prefix
   * @param type what it is to be held in: F32, or BF16 for a frozen matrix
   * @param shape what the configuration says it must be
   */
  DeviceBuffer tensor(String name, ElementType type, long... shape);

  /**
   * A frozen matrix that products alone read, so that it may stay quantised.
   *
   * @param name HuggingFace's name, with prefix
   * @param precision says what it is held in otherwise
   * @param shape what the configuration says it must be
   */
  default DeviceBuffer matrix(String name, Precision precision, long... shape) {
    return tensor(name, precision.matrices(), shape);
  }

  /**
   * A norm's scale, of which what is to be added to 1 is stored.
   *
   * @param name HuggingFace's name, with prefix
   * @param channels C
   */
  default DeviceBuffer gainFromOne(String name, int channels) {
    return tensor(name, ElementType.F32, channels);
  }

  /** Whether there is a tensor of that name. */
  default boolean has(String name) {
    return true;
  }
}
