package dev.sotto.control.learn;

import java.util.Map;

/**
 * Brings observations to mean 0 and variance 1 by what has been seen so far (Welford's running
 * moments), and cuts them off at 10 deviations.
 */
final class Normaliser {
  private static final double LIMIT = 10;
  private static final double LEAST_VARIANCE = 1e-6;

  private final double[] mean;
  private final double[] squares;
  private long count;

  Normaliser(int size) {
    mean = new double[size];
    squares = new double[size];
  }

  void see(double[] observation) {
    count++;
    for (int i = 0; i < mean.length; i++) {
      double before = observation[i] - mean[i];
      mean[i] += before / count;
      squares[i] += before * (observation[i] - mean[i]);
    }
  }

  /**
   * Normalises rows.
   *
   * @param observations {@code rows x size}
   * @return as many; unchanged but for the limit until two observations have been seen
   */
  double[] apply(double[] observations) {
    double[] result = new double[observations.length];
    for (int i = 0; i < result.length; i++) {
      int j = i % mean.length;
      double scaled = observations[i];
      if (count > 1) {
        double variance = Math.max(squares[j] / count, LEAST_VARIANCE);
        scaled = (scaled - mean[j]) / Math.sqrt(variance);
      }
      result[i] = Math.max(-LIMIT, Math.min(LIMIT, scaled));
    }
    return result;
  }

  void save(Map<String, double[]> tensors, Map<String, Long> counters) {
    tensors.put("normaliser.mean", mean);
    tensors.put("normaliser.squares", squares);
    counters.put("normaliser.count", count);
  }

  void restore(AgentState state) {
    System.arraycopy(state.tensor("normaliser.mean", mean.length), 0, mean, 0, mean.length);
    System.arraycopy(
        state.tensor("normaliser.squares", mean.length), 0, squares, 0, squares.length);
    count = state.counter("normaliser.count");
  }
}
