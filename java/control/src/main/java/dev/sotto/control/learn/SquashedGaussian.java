package dev.sotto.control.learn;

/**
 * A batch of actions a = tanh(u), u = mu + sigma eps, from a network that gives mu and the raw log
 * sigma of every entry (Haarnoja et al. 2018, appendix C), with what is needed to differentiate
 * through them.
 */
final class SquashedGaussian {
  /** Bounds of log sigma, approached smoothly so that its gradient never vanishes altogether. */
  static final double LEAST_LOG_SIGMA = -5;

  static final double GREATEST_LOG_SIGMA = 2;

  private static final double LOG_TWO_PI = Math.log(2 * Math.PI);
  // tanh rounds to 1 from 19 on, where an action would touch its bound.
  private static final double LIMIT = 1 - 1e-9;

  private final int size;
  private final double[] outputs;
  private final double[] noise;
  private final double[] sigmas;
  private final double[] sigmaSlopes;
  private final double[] actions;
  private final double[] logProbabilities;

  /**
   * Squashes.
   *
   * @param outputs {@code rows x 2 size}: the means of a row, then its raw log sigmas
   * @param noise eps, {@code rows x size}, standard normal
   * @param size entries of an action
   */
  SquashedGaussian(double[] outputs, double[] noise, int size) {
    this.size = size;
    this.outputs = outputs;
    this.noise = noise;
    sigmas = new double[noise.length];
    sigmaSlopes = new double[noise.length];
    actions = new double[noise.length];
    logProbabilities = new double[noise.length / size];
    double reach = 0.5 * (GREATEST_LOG_SIGMA - LEAST_LOG_SIGMA);
    for (int i = 0; i < noise.length; i++) {
      double t = Math.tanh(outputs[meanAt(i) + size]);
      double logSigma = LEAST_LOG_SIGMA + reach * (t + 1);
      sigmas[i] = Math.exp(logSigma);
      sigmaSlopes[i] = reach * (1 - t * t);
      double u = outputs[meanAt(i)] + sigmas[i] * noise[i];
      actions[i] = squash(u);
      logProbabilities[i / size] +=
          -0.5 * (noise[i] * noise[i] + LOG_TWO_PI) - logSigma - logSlope(u);
    }
  }

  private int meanAt(int i) {
    return i / size * 2 * size + i % size;
  }

  /** tanh, kept within the open interval. */
  static double squash(double u) {
    return Math.max(-LIMIT, Math.min(LIMIT, Math.tanh(u)));
  }

  /**
   * log(1 - tanh(u)^2) = 2 (log 2 - u - log(1 + e^(-2u))), written for |u| so it never overflows.
   */
  private static double logSlope(double u) {
    double magnitude = Math.abs(u);
    return 2 * (Math.log(2) - magnitude - Math.log1p(Math.exp(-2 * magnitude)));
  }

  /** {@code rows x size}, each in (-1, 1). */
  double[] actions() {
    return actions;
  }

  /** Log densities of the actions, one a row. */
  double[] logProbabilities() {
    return logProbabilities;
  }

  /**
   * The gradient of a loss by the network's outputs, the noise held fixed.
   *
   * @param byAction its gradient by the actions, {@code rows x size}
   * @param byLogProbability its gradient by every log density
   * @return {@code rows x 2 size}
   */
  double[] gradient(double[] byAction, double byLogProbability) {
    double[] gradient = new double[outputs.length];
    for (int i = 0; i < noise.length; i++) {
      double a = actions[i];
      double byU = byAction[i] * (1 - a * a) + byLogProbability * 2 * a;
      double byLogSigma = byU * sigmas[i] * noise[i] - byLogProbability;
      gradient[meanAt(i)] = byU;
      gradient[meanAt(i) + size] = byLogSigma * sigmaSlopes[i];
    }
    return gradient;
  }
}
