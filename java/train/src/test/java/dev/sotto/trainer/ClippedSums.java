package dev.sotto.trainer;

import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassPlan;
import dev.sotto.model.TransformerPass;
import java.util.List;
import java.util.stream.IntStream;

/** The path of a private step up to the mechanism, with the exact sum laid open for tests. */
record ClippedSums(LanguageModel model, LoraAdapters lora, Clipping clipping) {
  double[] of(List<PrivacyUnit> units, PassPlan plan) {
    return of(units, IntStream.range(0, units.size()).toArray(), plan);
  }

  double[] of(List<PrivacyUnit> units, int[] drawn, PassPlan plan) {
    try (TransformerPass pass = new TransformerPass(model, lora, plan);
        PerSampleGradients gradients =
            new PerSampleGradients(model.backend(), lora.layout(), plan.units());
        ClippedGradSum sum =
            new ClippedGradSum(model.backend(), lora.layout(), plan.units(), clipping)) {
      new MicroBatches(units, plan, gradients)
          .forEach(
              drawn,
              (batch, complete) -> {
                pass.forwardBackward(batch, gradients);
                if (complete) {
                  sum.add(gradients);
                }
              });
      return sum.exactSum().downloadDoubles((int) sum.parameters());
    }
  }

  /** Room for every unit of these tests at once. */
  static PassPlan wide(int units) {
    return PassPlan.train(40 * units, 3 * units, units, TinyModel.MAX_LENGTH);
  }
}
