package dev.sotto.model;

import dev.sotto.data.Block;
import java.util.List;

/**
 * How well a model predicts a set of sequences. Exact, hence for public data only: the perplexity
 * of private records is itself private.
 *
 * @param nats total cross-entropy over all targets
 * @param tokens number of targets
 * @param records number of sequences
 */
public record Evaluation(double nats, long tokens, long records) {
  private static final int ROWS = 2048;

  /**
   * Evaluates the blocks, packed into passes of about 2,048 tokens.
   *
   * @param lora adapters, or null for the base model
   * @param blocks sequences of at most {@code maxLength} tokens
   */
  public static Evaluation of(
      LanguageModel model, LoraAdapters lora, List<Block> blocks, int maxLength) {
    PassCapacity capacity = PassCapacity.evaluate(Math.max(ROWS, maxLength), maxLength);
    try (TransformerPass pass = new TransformerPass(model, lora, capacity)) {
      return of(pass, blocks);
    }
  }

  /** Evaluates with a planned pass, which can be kept for the next time. */
  public static Evaluation of(TransformerPass pass, List<Block> blocks) {
    PassCapacity capacity = pass.capacity();
    Batch batch = new Batch(capacity.rows(), capacity.sequences(), capacity.units());
    double nats = 0;
    long tokens = 0;
    for (Block block : blocks) {
      if (!batch.fits(block.ids().length, 1)) {
        nats += sum(pass.losses(batch));
        batch.clear();
      }
      batch.add(block, 0f);
      batch.endUnit();
      tokens += block.targetCount();
    }
    if (batch.rows() > 0) {
      nats += sum(pass.losses(batch));
    }
    return new Evaluation(nats, tokens, blocks.size());
  }

  private static double sum(float[] losses) {
    double sum = 0;
    for (float loss : losses) {
      sum += loss;
    }
    return sum;
  }

  /** Mean cross-entropy in nats; NaN without targets. */
  public double natsPerToken() {
    return nats / tokens;
  }

  /** exp of {@link #natsPerToken}. */
  public double perplexity() {
    return Math.exp(natsPerToken());
  }
}
