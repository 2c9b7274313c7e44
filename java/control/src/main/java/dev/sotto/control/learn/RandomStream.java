package dev.sotto.control.learn;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Random numbers that can be resumed: a fresh generator for every use, numbered from 0. */
final class RandomStream {
  // Odd and irregular, so that neighbouring numbers seed generators far apart.
  private static final long STRIDE = 0xD1342543DE82EF95L;

  private long seed;
  private long position;

  RandomStream(long seed) {
    this.seed = new SplittableRandom(seed).nextLong();
  }

  /** The generator for the next use. */
  RandomGenerator next() {
    return new SplittableRandom(new SplittableRandom(seed + STRIDE * position++).nextLong());
  }

  /** Standard normal numbers for the next use. */
  double[] gaussians(int count) {
    RandomGenerator random = next();
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextGaussian();
    }
    return values;
  }

  void save(Map<String, Long> counters) {
    counters.put("random.seed", seed);
    counters.put("random.position", position);
  }

  void restore(AgentState state) {
    seed = state.counter("random.seed");
    position = state.counter("random.position");
  }
}
