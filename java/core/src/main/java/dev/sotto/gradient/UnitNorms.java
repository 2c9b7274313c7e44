package dev.sotto.gradient;

import dev.sotto.compute.DeviceBuffer;

/**
 * How long the gradients of a micro-batch's units are in each block. Raw private data.
 *
 * @param blocks of parameters, K
 * @param units U
 * @param squaredNorms [K, U], F64, device; of whole units once the micro-batch is complete
 */
public record UnitNorms(int blocks, int units, DeviceBuffer squaredNorms) {}
