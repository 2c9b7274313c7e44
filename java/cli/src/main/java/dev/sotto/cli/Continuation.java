package dev.sotto.cli;

import dev.sotto.base.InputException;
import dev.sotto.data.Frame;
import dev.sotto.model.Beams;
import dev.sotto.model.Generator;
import dev.sotto.model.Sampling;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Text that a model has continued.
 *
 * @param text prompt and continuation, decoded together
 * @param completion what follows the prompt in {@code text}
 * @param newTokens how many tokens were added
 */
record Continuation(String text, String completion, int newTokens) {

  /** New tokens for a prompt's, up to any of the tokens that end a text. */
  private interface Writer {
    int[] write(int[] prompt, Set<Integer> ends);
  }

  /**
   * Continues a prompt in the frame of the model's texts: after what begins one, up to a token that
   * ends one. Where texts have no end, an end token is one like others.
   *
   * @param maxNewTokens most tokens to add
   * @param seed of the choice
   */
  static Continuation of(
      LoadedModel loaded, String prompt, int maxNewTokens, Sampling sampling, long seed) {
    Generator generator = new Generator(loaded.model(), loaded.lora());
    return of(
        loaded, prompt, (ids, ends) -> generator.generate(ids, maxNewTokens, sampling, ends, seed));
  }

  /** The same with the likely text that beam search finds. */
  static Continuation of(LoadedModel loaded, String prompt, int maxNewTokens, Beams beams) {
    Generator generator = new Generator(loaded.model(), loaded.lora());
    return of(loaded, prompt, (ids, ends) -> generator.search(ids, maxNewTokens, beams, ends));
  }

  private static Continuation of(LoadedModel loaded, String prompt, Writer writer) {
    Frame frame = loaded.frame();
    int[] ids = concat(frame.begin(), loaded.tokenizer().encode(prompt));
    if (ids.length == 0) {
      throw new InputException(
          "--prompt is empty, and no beginning-of-sequence token begins a text of this model; give some"
              + " text, or --begin on");
    }
    Set<Integer> ends = frame.end().length == 0 ? Set.of() : loaded.tokenizer().endIds();
    int[] added = writer.write(ids, ends);
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
