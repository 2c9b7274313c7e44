package dev.sotto.optimizer;

import dev.sotto.compute.DeviceBuffer;

/**
 * A gradient of data that its owner declared public, or of a run that was asked to protect nothing.
 * Making one is the visible act of leaving the private path; the module rules allow it to
 * non-private training alone.
 *
 * @param value [d], F32, device
 */
public record PublicGradient(DeviceBuffer value) {}
