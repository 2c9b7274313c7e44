package dev.sotto.model;

import dev.sotto.compute.DeviceBuffer;

/**
 * Scale and shift of a norm.
 *
 * @param gamma [C]
 * @param beta [C]; null for RMSNorm
 */
record NormLayerWeights(DeviceBuffer gamma, DeviceBuffer beta) {}
