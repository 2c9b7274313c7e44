package dev.sotto.tokenizer;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.util.List;

/**
 * Tokens of a text, and where in it each stands. Bytes of one character that are tokens of their
 * own all stand where the character does.
 *
 * @param ids token ids, [n]
 * @param starts of each token's first character, [n], in UTF-16 units
 * @param ends after each token's last, [n]; the start for a token that no character made
 */
public record LocatedTokens(int[] ids, int[] starts, int[] ends) {
  /** The library counts code points. */
  static LocatedTokens of(String text, int[] ids, List<CharSpan> spans) {
    int points = text.codePointCount(0, text.length());
    int[] units = new int[points + 1];
    for (int i = 0; i < points; i++) {
      units[i + 1] = units[i] + Character.charCount(text.codePointAt(units[i]));
    }
    int[] starts = new int[ids.length];
    int[] ends = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      if (spans.get(i) == null) {
        starts[i] = ends[i] = i == 0 ? 0 : ends[i - 1];
        continue;
      }
      starts[i] = units[spans.get(i).getStart()];
      ends[i] = units[spans.get(i).getEnd()];
    }
    return new LocatedTokens(ids, starts, ends);
  }

  /** Says nothing of the text, so that no log or message can. */
  @Override
  public String toString() {
    return "LocatedTokens[" + ids.length + "]";
  }
}
