package dev.sotto.plan;

import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;

/**
 * What is about to be trained; public.
 *
 * @param backend what computes
 * @param modelParameters frozen weights
 * @param trainableParameters d
 * @param pairs adapted modules
 * @param units N
 * @param steps T
 * @param expectedBatchTokens most tokens of an expected batch, qN · maximum length
 */
public record FinetuneSummary(
    String backend,
    long modelParameters,
    long trainableParameters,
    int pairs,
    long units,
    long steps,
    double expectedBatchTokens) {
  static FinetuneSummary of(
      LanguageModel model, LoraAdapters lora, TrainingData data, FinetuneOptions options) {
    double q = options.training().samplingProbability(data.publicUnits());
    return new FinetuneSummary(
        model.backend().describe(),
        model.parameters(),
        lora.layout().parameters(),
        lora.layout().size(),
        data.publicUnits(),
        options.training().stepsFor(q),
        q * data.publicUnits() * options.data().maxLength());
  }
}
