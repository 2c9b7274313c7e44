package dev.sotto.cli;

import dev.sotto.base.InputException;
import dev.sotto.model.Generator;
import dev.sotto.model.Sampling;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Text that a model has continued.
 *
 * @param text prompt and continuation, decoded together
 * @param completion what follows the prompt in {@code text}
 * @param newTokens how many tokens were added
 */
record Continuation(String text, String completion, int newTokens) {

  /**
   * Continues a prompt after the beginning-of-sequence token, where the model has one.
   *
   * @param maxNewTokens most tokens to add
   * @param seed of the choice
   */
  static Continuation of(
      LoadedModel loaded, String prompt, int maxNewTokens, Sampling sampling, long seed) {
    int[] begin = loaded.tokenizer().bosId().stream().toArray();
    int[] ids = concat(begin, loaded.tokenizer().encode(prompt));
    if (ids.length == 0) {
      throw new InputException(
          "--prompt is empty, and the model has no beginning-of-sequence token to start from; give some text");
    }
    int[] added =
        new Generator(loaded.model(), loaded.lora())
            .generate(ids, maxNewTokens, sampling, loaded.tokenizer().endIds(), seed);
    String text = loaded.tokenizer().decode(concat(ids, added), true);
    String before = loaded.tokenizer().decode(ids, true);
    String completion =
        text.startsWith(before)
            ? text.substring(before.length())
            : loaded.tokenizer().decode(added, true);
    return new Continuation(text, completion, added.length);
  }

  private static int[] concat(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }
}
