package dev.sotto.task;

import dev.sotto.data.TextRecord;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * How near the texts of a model come to what people wrote for the same prompts. Exact: of private
 * records it is private.
 *
 * @param bleu with 13a tokens
 * @param rougeL 0 to 1
 * @param chrf 0 to 100
 * @param nist 0 or more
 * @param prompts how many texts were generated
 * @param references how many texts of people they were held against
 */
public record GenerationScores(
    Bleu bleu, double rougeL, double chrf, double nist, int prompts, int references) {

  /**
   * Generates a text for each prompt and measures it. Records of one prompt are one text with
   * several references, as in E2E's and DART's test sets.
   *
   * @param records at least one, each with a prompt; the text is the reference
   * @param writer what the model writes for a prompt
   * @throws IllegalArgumentException if a record has no prompt
   */
  public static GenerationScores of(List<TextRecord> records, UnaryOperator<String> writer) {
    Map<String, List<String>> references = new LinkedHashMap<>();
    for (TextRecord record : records) {
      if (record.prompt() == null) {
        throw new IllegalArgumentException("a record without prompt");
      }
      references.computeIfAbsent(record.prompt(), prompt -> new ArrayList<>()).add(record.text());
    }
    List<GeneratedText> texts =
        references.entrySet().stream()
            .map(item -> new GeneratedText(writer.apply(item.getKey()), item.getValue()))
            .toList();
    return new GenerationScores(
        Bleu.of(texts),
        RougeL.of(texts),
        Chrf.of(texts),
        Nist.of(texts),
        texts.size(),
        records.size());
  }
}
