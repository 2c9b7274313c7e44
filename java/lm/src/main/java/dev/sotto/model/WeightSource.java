package dev.sotto.model;

import dev.sotto.compute.DeviceBuffer;

/** Where a model's tensors come from: a checkpoint, or an initialiser. */
interface WeightSource {
  /**
   * The tensor of that name.
   *
   * @param name HuggingFace's name, with prefix
   * @param shape what the configuration says it must be
   */
  DeviceBuffer tensor(String name, long... shape);
}
