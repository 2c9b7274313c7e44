package dev.sotto.trainer;

import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.checkpoint.TensorData;
import dev.sotto.model.LoraAdapters;
import java.util.HashMap;
import java.util.Map;

/**
 * The mean of the weights over the last steps of a run (Polyak and Juditsky 1992). Which steps
 * count is fixed before the first; every step's weights follow from what was released, and so does
 * their mean: it costs no privacy.
 */
public final class WeightAverage {
  private static final String SUM = "average_sum";
  private static final String REST = "average_sum_rest";
  private static final String COUNT = "average_count";

  private final long first;
  private double[] sum = new double[0];
  private long count;

  private WeightAverage(long first) {
    this.first = first;
  }

  /** No mean: what is released are the weights after the last step. */
  public static WeightAverage none() {
    return new WeightAverage(Long.MAX_VALUE);
  }

  /**
   * The mean over the last share of the planned steps, one at least.
   *
   * @param planned T
   * @param share in (0, 1]; 0 for none
   */
  public static WeightAverage overLast(double share, long planned) {
    return share == 0
        ? none()
        : new WeightAverage(planned - Math.max(1, Math.round(share * planned)) + 1);
  }

  /** Takes in the weights after a step, if it counts. */
  public void add(long step, LoraAdapters lora) {
    if (step < first) {
      return;
    }
    float[] weights = lora.values();
    if (count == 0) {
      sum = new double[weights.length];
    }
    for (int i = 0; i < weights.length; i++) {
      sum[i] += weights[i];
    }
    count++;
  }

  /** Puts the mean in the place of the weights, if any step counted. */
  public void apply(LoraAdapters lora) {
    if (count == 0) {
      return;
    }
    float[] mean = new float[sum.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (sum[i] / count);
    }
    lora.weights().upload(mean);
  }

  /** The running sum as two floats a number, which hold 48 of its bits, and how many it is of. */
  Map<String, TensorData> tensors() {
    Map<String, TensorData> tensors = new HashMap<>();
    if (count > 0) {
      float[] high = new float[sum.length];
      float[] low = new float[sum.length];
      for (int i = 0; i < sum.length; i++) {
        high[i] = (float) sum[i];
        low[i] = (float) (sum[i] - high[i]);
      }
      tensors.put(SUM, TensorData.f32(high, high.length));
      tensors.put(REST, TensorData.f32(low, low.length));
      tensors.put(COUNT, TensorData.f32(new float[] {count}, 1));
    }
    return tensors;
  }

  /** Goes back to what {@link #tensors} gave; without them to nothing. */
  void restore(SafetensorsFile state) {
    count = 0;
    if (!state.names().contains(SUM)) {
      return;
    }
    float[] high = state.tensor(SUM).toFloats();
    float[] low = state.tensor(REST).toFloats();
    if (low.length != high.length) {
      throw new IllegalArgumentException("the two parts of the running sum differ in length");
    }
    sum = new double[high.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = (double) high[i] + low[i];
    }
    count = (long) state.tensor(COUNT).toFloats()[0];
  }
}
