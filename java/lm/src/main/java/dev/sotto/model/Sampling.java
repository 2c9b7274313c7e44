package dev.sotto.model;

import dev.sotto.base.InputException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * How the next token is chosen from logits: divide by the temperature, keep the {@code topK}
 * largest, of these the smallest set with probability {@code topP} (Holtzman et al. 2020), and
 * draw.
 *
 * @param temperature 0 takes the largest logit (the lowest id among equals)
 * @param topK 0 keeps all
 * @param topP in (0, 1]; 1 keeps all
 */
public record Sampling(double temperature, int topK, double topP) {
  /** Checks the values. */
  public Sampling {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new InputException("temperature " + temperature + " is not 0 or a positive number");
    }
    if (topK < 0) {
      throw new InputException("top-k " + topK + " is negative; 0 keeps all tokens");
    }
    if (!(topP > 0) || topP > 1) {
      throw new InputException("top-p " + topP + " is not in (0, 1]");
    }
  }

  /** Always the most probable token. */
  public static Sampling greedy() {
    return new Sampling(0, 0, 1);
  }

  /** The chosen token's id. */
  int choose(float[] logits, SplittableRandom random) {
    if (temperature == 0) {
      int best = 0;
      for (int i = 1; i < logits.length; i++) {
        if (logits[i] > logits[best]) {
          best = i;
        }
      }
      return best;
    }
    int[] order =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -logits[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    int kept = topK == 0 ? order.length : Math.min(topK, order.length);
    double[] weights = new double[kept];
    for (int i = 0; i < kept; i++) {
      weights[i] = Math.exp((logits[order[i]] - logits[order[0]]) / temperature);
    }
    double total = Arrays.stream(weights).sum();
    double nucleus = 0;
    int last = 0;
    while (last < kept && (last == 0 || nucleus < topP * total)) {
      nucleus += weights[last++];
    }
    double target = random.nextDouble() * nucleus;
    for (int i = 0; i < last - 1; i++) {
      target -= weights[i];
      if (target < 0) {
        return order[i];
      }
    }
    return order[last - 1];
  }
}
