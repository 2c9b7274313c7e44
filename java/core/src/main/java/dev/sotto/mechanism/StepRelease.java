package dev.sotto.mechanism;

/**
 * What one step released. All of it follows from noisy numbers alone.
 *
 * @param gradientNorms L2 norm of the released mean gradient of every clipping group [K]; null
 *     where the gradient was not kept
 * @param weightNorms L2 norm of the weights of every clipping group after the step [K]; null where
 *     the gradient was not kept
 * @param statistics null where the step had none
 */
public record StepRelease(
    Privatized<double[]> gradientNorms,
    Privatized<double[]> weightNorms,
    Privatized<StepStatistics> statistics) {}
