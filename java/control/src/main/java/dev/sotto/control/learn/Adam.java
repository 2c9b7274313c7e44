package dev.sotto.control.learn;

import java.util.Map;

/** Adam (Kingma and Ba 2015) with its usual decay rates 0.9 and 0.999. */
final class Adam {
  private static final double FIRST_DECAY = 0.9;
  private static final double SECOND_DECAY = 0.999;
  private static final double EPSILON = 1e-8;

  private final String name;
  private final double rate;
  private final double[] first;
  private final double[] second;
  private long steps;

  /**
   * An optimizer that has seen nothing.
   *
   * @param name of what it moves, in states
   * @param rate step size
   * @param size number of parameters
   */
  Adam(String name, double rate, int size) {
    this.name = name;
    this.rate = rate;
    first = new double[size];
    second = new double[size];
  }

  /** Moves {@code values} one step against {@code gradient}. */
  void update(double[] values, double[] gradient) {
    steps++;
    double firstBias = 1 - Math.pow(FIRST_DECAY, steps);
    double secondBias = 1 - Math.pow(SECOND_DECAY, steps);
    for (int i = 0; i < values.length; i++) {
      first[i] += (1 - FIRST_DECAY) * (gradient[i] - first[i]);
      second[i] += (1 - SECOND_DECAY) * (gradient[i] * gradient[i] - second[i]);
      values[i] -= rate * (first[i] / firstBias) / (Math.sqrt(second[i] / secondBias) + EPSILON);
    }
  }

  void save(Map<String, double[]> tensors, Map<String, Long> counters) {
    tensors.put(name + ".first", first);
    tensors.put(name + ".second", second);
    counters.put(name + ".steps", steps);
  }

  void restore(AgentState state) {
    System.arraycopy(state.tensor(name + ".first", first.length), 0, first, 0, first.length);
    System.arraycopy(state.tensor(name + ".second", second.length), 0, second, 0, second.length);
    steps = state.counter(name + ".steps");
  }
}
