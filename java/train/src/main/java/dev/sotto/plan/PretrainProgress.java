package dev.sotto.plan;

/** Hears how pretraining gets on. The text is public, so losses may be shown. */
public interface PretrainProgress {
  /** Hears nothing. */
  PretrainProgress SILENT = new PretrainProgress() {};

  /**
   * Once, when all is read and planned.
   *
   * @param backend what computes
   * @param parameters weights of the model
   * @param vocabulary entries of the tokenizer
   * @param tokens of the text
   * @param steps planned steps
   * @param batchTokens most tokens of a step
   */
  default void planned(
      String backend, long parameters, int vocabulary, long tokens, long steps, int batchTokens) {}

  /**
   * Before the first step, where records have nothing to learn: they are empty, or a prompt without
   * completion.
   *
   * @param records how many, above 0
   */
  default void nothingToLearn(long records) {}

  /**
   * After each step.
   *
   * @param step steps so far
   * @param steps planned steps
   * @param meanLoss running mean in nats per token
   */
  default void step(long step, long steps, double meanLoss) {}
}
