package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.clip.Clipping;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.model.Evaluation;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.SequenceScores;
import dev.sotto.model.TransformerPass;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.task.AdapterNotes;
import dev.sotto.task.Estimate;
import dev.sotto.task.Metric;
import dev.sotto.task.Task;
import dev.sotto.trainer.WeightAverage;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A run before its first step: all input has been read and found good, and its cost is planned.
 *
 * @param options as asked for
 * @param task what is learned
 * @param frame around every text
 * @param model the base
 * @param lora what is trained
 * @param data to train and evaluate on
 * @param account who answers for the cost
 */
record PreparedRun(
    FinetuneOptions options,
    Task task,
    RunFrame frame,
    LanguageModel model,
    LoraAdapters lora,
    TrainingData data,
    Account account) {
  private static final long GRADIENT_BYTES = 256L << 20;
  private static final int MOST_UNITS = 128;

  RunDirectory directory() {
    return new RunDirectory(options.output());
  }

  NoisePlan.Sampling sampling() {
    return NoisePlan.Sampling.of(options.training(), data.publicUnits());
  }

  Settings settings() {
    return new Settings(options, frame, model.precision(), sampling(), account);
  }

  /**
   * Writes the adapter, after the frame or task without which it would be read as another's.
   *
   * @param notes for the metadata of its weights
   */
  void saveAdapter(Map<String, String> notes) {
    Path path = directory().path();
    AdapterNotes adapter =
        task instanceof Task.Scored scored
            ? AdapterNotes.of(scored, options.task().pooling())
            : AdapterNotes.of(frame.frame().framing(), frame.chat());
    adapter.write(path);
    lora.save(path, model, options.model().toString(), notes);
  }

  /** What its ledger promises; a run without privacy has none. */
  Optional<LedgerHeader> promise(Settings settings) {
    return account instanceof Account.Private noised
        ? Optional.of(new LedgerHeaders(options, noised, settings).header())
        : Optional.empty();
  }

  FinetuneSummary summary() {
    return new FinetuneSummary(
        model.backend().describe(),
        model.parameters(),
        trained().layout().parameters(),
        trained().modules().size(),
        sampling().units(),
        steps(),
        sampling().probability() * sampling().units() * options.data().maxLength());
  }

  /** What the last stage changes: all of the adapter, or its head alone. */
  LoraAdapters trained() {
    return options.tune().headAlone() ? lora.headAlone() : lora;
  }

  /** T of all stages. */
  long steps() {
    return sampling().steps()
        + options.tune().headFirst().map(TuneOptions.HeadFirst::steps).orElse(0L);
  }

  LearningRate learningRate() {
    TrainingOptions training = options.training();
    return InputException.ifRefused(
        () ->
            new LearningRate(
                training.learningRate(),
                training.warmupSteps(),
                sampling().steps(),
                training.decay()));
  }

  /** The mean that is released in the place of the last weights, if there is to be one. */
  WeightAverage average() {
    return WeightAverage.overLast(options.training().average(), sampling().steps());
  }

  /**
   * As many units as fit a quarter of a gigabyte of per-sample gradients, one at least.
   *
   * @param most where memory would allow more
   */
  static int unitsAtATime(LoraAdapters changed, int most) {
    long bytes = 4 * changed.layout().parameters();
    return (int) Math.max(1, Math.min(most, GRADIENT_BYTES / bytes));
  }

  /** What a training pass of the run holds. */
  PassCapacity passCapacity() {
    return passCapacity(lora, options.data().maxLength(), options.training().microBatchTokens());
  }

  /** The same of what is trained, sequences of so many tokens at most, and tokens at a time. */
  static PassCapacity passCapacity(LoraAdapters lora, int length, int tokens) {
    int rows = Math.max(length, tokens);
    return PassCapacity.train(rows, rows, unitsAtATime(lora, MOST_UNITS), length);
  }

  /**
   * What is clipped together; of a controlled run the base, before its controller has chosen
   * anything. A run without privacy clips nothing.
   *
   * @param changed what a stage changes
   */
  Optional<Clipping> clipping(LoraAdapters changed) {
    if (!(account instanceof Account.Private noised)) {
      return Optional.empty();
    }
    int pairs = changed.layout().size();
    Privacy privacy = options.privacy().orElseThrow();
    return Optional.of(
        noised.noise().control().isPresent()
            ? Clipping.perPair(privacy.clipNorm(), pairs)
            : privacy.clipping(pairs));
  }

  /** How well labels of the public validation data are told, if there are any. */
  Optional<Map<Metric, Estimate>> scores() {
    if (data.validation().isEmpty() || !(task instanceof Task.Scored scored)) {
      return Optional.empty();
    }
    PassCapacity capacity = SequenceScores.capacity(options.data().maxLength());
    try (TransformerPass pass = new TransformerPass(model, lora, capacity)) {
      double[] targets =
          data.validation().stream().mapToDouble(b -> b.label().getAsDouble()).toArray();
      return Optional.of(scored.measure(SequenceScores.of(pass, data.validation()), targets));
    }
  }

  /** Of the base model on the public validation data, if there is any. */
  Optional<Double> basePerplexity() {
    return perplexity(null);
  }

  /** The same with the adapters as they are now. */
  Optional<Double> adaptedPerplexity() {
    return perplexity(lora);
  }

  /** What the adapters as they are now reach on the public validation data, by name. */
  Map<String, Double> figures() {
    Map<String, Double> figures = new LinkedHashMap<>();
    adaptedPerplexity().ifPresent(perplexity -> figures.put("perplexity", perplexity));
    scores().ifPresent(all -> all.forEach((name, score) -> figures.put(name.key(), score.value())));
    return figures;
  }

  private Optional<Double> perplexity(LoraAdapters adapters) {
    return data.validation().isEmpty() || task instanceof Task.Scored
        ? Optional.empty()
        : Optional.of(
            Evaluation.of(model, adapters, data.validation(), options.data().maxLength())
                .perplexity());
  }
}
