package dev.sotto.model;

import dev.sotto.compute.DeviceBuffer;

/**
 * One projection y = x Wᵀ + bias.
 *
 * @param module path in the HuggingFace model, which LoRA targets by name
 * @param in input channels
 * @param out output channels
 * @param inByOut whether {@code weight} is stored [in, out] rather than [out, in]
 * @param weight F32 or BF16, device
 * @param bias [out], F32, device; null for none
 */
record LinearWeights(
    String module, int in, int out, boolean inByOut, DeviceBuffer weight, DeviceBuffer bias) {}
