package dev.sotto.control.learn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** The latest transitions, up to a capacity; a new one takes the place of the oldest. */
final class Memory {
  private final int capacity;
  private final List<Transition> transitions = new ArrayList<>();
  private int oldest;

  Memory(int capacity) {
    this.capacity = capacity;
  }

  void add(Transition transition) {
    if (transitions.size() < capacity) {
      transitions.add(transition);
    } else {
      transitions.set(oldest, transition);
      oldest = (oldest + 1) % capacity;
    }
  }

  int size() {
    return transitions.size();
  }

  /** Oldest first. */
  List<Transition> all() {
    return IntStream.range(0, size()).mapToObj(this::aged).toList();
  }

  private Transition aged(int age) {
    return transitions.get((oldest + age) % size());
  }

  /** Draws transitions uniformly, with replacement. */
  List<Transition> sample(int count, RandomGenerator random) {
    List<Transition> drawn = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      drawn.add(aged(random.nextInt(size())));
    }
    return drawn;
  }

  void clear() {
    transitions.clear();
    oldest = 0;
  }

  /** One row a transition, oldest first. */
  void save(Map<String, double[]> tensors, Map<String, Long> counters) {
    counters.put("memory.size", (long) size());
    tensors.put(
        "memory.transitions", all().stream().flatMapToDouble(t -> Arrays.stream(row(t))).toArray());
  }

  private static double[] row(Transition t) {
    int width = t.observation().length;
    double[] row = new double[2 * width + t.action().length + 2];
    System.arraycopy(t.observation(), 0, row, 0, width);
    System.arraycopy(t.next(), 0, row, width, width);
    System.arraycopy(t.action(), 0, row, 2 * width, t.action().length);
    row[row.length - 2] = t.reward();
    row[row.length - 1] = t.terminal() ? 1 : 0;
    return row;
  }

  void restore(AgentState state) {
    int width = state.observationSize();
    int length = 2 * width + state.actionSize() + 2;
    int size = (int) state.counter("memory.size");
    double[] rows = state.tensor("memory.transitions", size * length);
    clear();
    for (int i = 0; i < size; i++) {
      double[] row = Arrays.copyOfRange(rows, i * length, (i + 1) * length);
      add(
          new Transition(
              Arrays.copyOfRange(row, 0, width),
              Arrays.copyOfRange(row, 2 * width, length - 2),
              row[length - 2],
              Arrays.copyOfRange(row, width, 2 * width),
              row[length - 1] == 1));
    }
  }
}
