package dev.sotto.trainer;

import dev.sotto.base.InputException;
import dev.sotto.data.Corpus;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.TrainingPass;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Typical gradient norms of each LoRA pair on public records, from which thresholds can be set
 * without spending privacy. Exact, hence never for private records.
 */
public final class PublicGradientNorms {
  /** More would sharpen a median that only has to be of the right size. */
  private static final int MOST_UNITS = 256;

  private PublicGradientNorms() {}

  /**
   * The median over units of each pair's gradient norm, at the adapters' present weights.
   *
   * @param publicCorpus records declared public; the first 256 units are used
   * @param pass planned for training with {@code lora}
   * @param lora adapters
   * @return K values in the gradient's units
   * @throws InputException if no unit has a finite gradient other than 0
   */
  public static double[] medians(Corpus publicCorpus, TrainingPass pass, LoraAdapters lora) {
    int units = Math.min(MOST_UNITS, publicCorpus.units().size());
    int pairs = lora.layout().size();
    double[][] norms = new double[pairs][units];
    int[] count = {0};
    try (PerSampleGradients gradients =
        new PerSampleGradients(lora.backend(), lora.layout(), pass.capacity().units())) {
      MicroBatches batches = new MicroBatches(publicCorpus.units(), pass.capacity());
      batches.forEach(
          IntStream.range(0, units).toArray(),
          (batch, part) -> {
            gradients.begin(batch.units(), part);
            pass.forwardBackward(batch, gradients);
            if (part.completes()) {
              add(gradients, norms, count);
            }
          });
    }
    double[] medians = new double[pairs];
    for (int k = 0; k < pairs; k++) {
      double[] sorted =
          Arrays.stream(norms[k], 0, count[0]).filter(Double::isFinite).sorted().toArray();
      medians[k] = sorted.length == 0 ? 0 : sorted[sorted.length / 2];
      if (!(medians[k] > 0)) {
        throw new InputException(
            "the public records give LoRA pair "
                + k
                + " no gradient to take a threshold from: give other public records, or choose"
                + " another controller");
      }
    }
    return medians;
  }

  private static void add(PerSampleGradients gradients, double[][] norms, int[] count) {
    int units = gradients.units();
    double[] squares = gradients.norms().squaredNorms().downloadDoubles(norms.length * units);
    for (int k = 0; k < norms.length; k++) {
      for (int u = 0; u < units; u++) {
        norms[k][count[0] + u] = Math.sqrt(squares[k * units + u]);
      }
    }
    count[0] += units;
  }
}
