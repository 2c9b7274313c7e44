package dev.sotto.model;

import dev.sotto.base.InputException;
import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Continues a prompt one token at a time, with keys and values cached.
 *
 * <pre>{@code
 * int[] more = new Generator(model, lora).generate(prompt, 100, Sampling.greedy(), tokenizer.endIds(), seed);
 * }</pre>
 */
public final class Generator {
  private final LanguageModel model;
  private final LoraAdapters lora;

  /**
   * A generator for one model.
   *
   * @param lora adapters, or null for the base model
   */
  public Generator(LanguageModel model, LoraAdapters lora) {
    this.model = model;
    this.lora = lora;
  }

  /**
   * Generates until one of {@code ends}, {@code maxNewTokens}, or the end of the model's positions.
   *
   * @param prompt token ids, at least one
   * @param maxNewTokens most tokens to add
   * @param sampling how to choose
   * @param ends tokens any of which ends the text and is not returned
   * @param seed of the choice; the same seed gives the same text
   * @return the new tokens
   */
  public int[] generate(
      int[] prompt, int maxNewTokens, Sampling sampling, Set<Integer> ends, long seed) {
    int length = length(prompt, maxNewTokens);
    SplittableRandom random = new SplittableRandom(seed);
    int[] generated = new int[length - prompt.length];
    Batch batch = new Batch(length, 1, 1);
    int[] next = prompt;
    int past = 0;
    try (TransformerPass pass = new TransformerPass(model, lora, PassCapacity.generate(length))) {
      for (int i = 0; i < generated.length; i++) {
        batch.clear();
        batch.add(next, next, 0f);
        batch.endUnit();
        int token = sampling.choose(pass.nextLogits(batch, past), random);
        if (ends.contains(token)) {
          return Arrays.copyOf(generated, i);
        }
        generated[i] = token;
        past += next.length;
        next = new int[] {token};
      }
    }
    return generated;
  }

  /**
   * Generates a likely text: the best that beam search finds, until one of {@code ends}, {@code
   * maxNewTokens}, or the end of the model's positions. One beam without length penalty gives what
   * {@link Sampling#greedy} does.
   *
   * @param prompt token ids, at least one
   * @param maxNewTokens most tokens to add
   * @param beams how many texts are kept, and how they are compared
   * @param ends tokens any of which ends the text and is not returned
   * @return the new tokens
   */
  public int[] search(int[] prompt, int maxNewTokens, Beams beams, Set<Integer> ends) {
    int added = length(prompt, maxNewTokens) - prompt.length;
    if (added == 0) {
      return new int[0];
    }
    try (BeamSearch search = new BeamSearch(model, lora, prompt, added, beams, ends)) {
      return search.run().tokens();
    }
  }

  /** Tokens of the longest text that may come out, the prompt included. */
  private int length(int[] prompt, int maxNewTokens) {
    int positions = model.config().maxPositions();
    if (prompt.length == 0) {
      throw new InputException("the prompt has no tokens: give at least one");
    }
    if (prompt.length >= positions) {
      throw new InputException(
          "the prompt has "
              + prompt.length
              + " tokens, but the model has "
              + positions
              + " positions: shorten it");
    }
    return (int) Math.min(positions, (long) prompt.length + maxNewTokens);
  }
}
