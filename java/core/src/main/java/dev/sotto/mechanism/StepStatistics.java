package dev.sotto.mechanism;

/**
 * What was released about one step beside its gradient; it travels in {@code
 * Privatized<StepStatistics>}. With noise, so a share may lie outside [0, 1].
 *
 * @param clipFractions per clipping group, an estimate of the share of the batch's units that were
 *     clipped [K]
 * @param loss an estimate of the units' mean loss, each counted with at most the loss bound, in
 *     nats per target
 */
public record StepStatistics(double[] clipFractions, double loss) {}
