package dev.sotto.control;

import java.util.Arrays;

/**
 * An observation as the numbers that a policy reads, of a length that depends on K alone:
 *
 * <pre>
 * for each pair  log₄(C_k/C̄)               in [-1, 1]: the level in force
 *                f̄_k − ½                   mean privatised clip fraction, centred
 *                log(r_k/r_k of interval 1) released gradient norm, root mean square
 *                log ‖w_k‖                  adapter norm
 * for the run    progress, budget left, loss, loss − previous loss, noise level in force
 * </pre>
 *
 * Logarithms, since clip norms and norms act by their ratios; norms are taken relative to the first
 * interval, where noise drowns the absolute size anyway and runs differ in scale. The loss is the
 * one that utility is measured by; while it is not finite the last finite one stands in, its change
 * 0. Every entry is cut to [-10, 10]. The learner further normalises by running moments.
 */
final class ObservationEncoder {
  private static final int OF_A_PAIR = 4;
  private static final int OF_THE_RUN = 5;
  private static final double LARGEST = 10;
  private static final double LEAST_NORM = 1e-6;

  private final int pairs;
  private final Actions actions;
  private double[] firstScales;
  private double loss;

  /** Whether {@link #loss} was ever set. */
  private boolean lossSeen;

  ObservationEncoder(int pairs, Actions actions) {
    this.pairs = pairs;
    this.actions = actions;
  }

  /** Entries of an encoded observation of K pairs. */
  static int size(int pairs) {
    return OF_A_PAIR * pairs + OF_THE_RUN;
  }

  /**
   * The numbers of an observation.
   *
   * @param noiseLevel the level of the noise in force, 0 where it is not adapted
   */
  double[] encode(Observation observation, double noiseLevel) {
    double[] fractions = observation.meanClipFractions();
    double[] scales = observation.gradientScales();
    double[] adapters = observation.adapterNorms().value();
    if (firstScales == null) {
      firstScales = scales;
    }
    double[] code = new double[size(pairs)];
    int i = 0;
    for (int k = 0; k < pairs; k++) {
      code[i++] = actions.level(k, observation.clipNorms().get(k).value());
      code[i++] = fractions[k] - 0.5;
      code[i++] = logarithm(scales[k]) - logarithm(firstScales[k]);
      code[i++] = logarithm(adapters[k]);
    }
    double now = observation.utilityLoss();
    boolean finite = Double.isFinite(now);
    double change = finite && lossSeen ? now - loss : 0;
    if (finite) {
      loss = now;
      lossSeen = true;
    }
    code[i++] = observation.progress().value();
    code[i++] = observation.budgetLeft().value();
    code[i++] = loss;
    code[i++] = change;
    code[i] = noiseLevel;
    Arrays.setAll(code, j -> Math.max(-LARGEST, Math.min(LARGEST, code[j])));
    return code;
  }

  private static double logarithm(double norm) {
    return Math.log(Math.max(norm, LEAST_NORM));
  }

  /** The scales of the first interval, K numbers, or none before it. */
  double[] scaleState() {
    return firstScales == null ? new double[0] : firstScales;
  }

  /** The last finite loss, or none before one. */
  double[] lossState() {
    return lossSeen ? new double[] {loss} : new double[0];
  }

  /** Goes on from {@link #scaleState} and {@link #lossState}, null standing for none. */
  void restore(double[] scales, double[] lastLoss) {
    firstScales = scales;
    lossSeen = lastLoss != null;
    loss = lossSeen ? lastLoss[0] : 0;
  }
}
