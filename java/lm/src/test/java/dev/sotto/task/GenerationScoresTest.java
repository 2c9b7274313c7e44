package dev.sotto.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sotto.data.DataColumns;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.SharedFiles;
import dev.sotto.data.TextRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GenerationScoresTest {
  private static TextRecord record(String prompt, String reference) {
    return new TextRecord(prompt, reference, null);
  }

  @Test
  void recordsOfOnePromptAreReferencesOfOneText() {
    List<TextRecord> records =
        List.of(
            record("one", "the cat sat on the mat"),
            record("two", "it was a warm day"),
            record("one", "a cat was sitting there"));
    List<String> asked = new ArrayList<>();
    GenerationScores scores =
        GenerationScores.of(
            records,
            prompt -> {
              asked.add(prompt);
              return prompt.equals("one") ? "a cat was sitting there" : "it was a cold day";
            });
    assertEquals(List.of("one", "two"), asked);
    assertEquals(2, scores.prompts());
    assertEquals(3, scores.references());
    // 9 of 10 words, 6 of 8 pairs, 4 of 6 triples, 2 of 4 fours; the texts are long enough.
    assertEquals(List.of(90.0, 75.0, 400.0 / 6, 50.0), scores.bleu().precisions());
    assertEquals(0.9, scores.rougeL(), 1e-12);
    assertThrows(
        IllegalArgumentException.class,
        () -> GenerationScores.of(List.of(TextRecord.of("text")), prompt -> prompt));
  }

  /**
   * E2E's test set: 630 meaning representations, 4,693 references; a person's text as the model's.
   */
  @Test
  void measuresPeopleOnE2e() {
    List<TextRecord> records =
        RecordFiles.read(
            SharedFiles.require("data/e2e/testset_w_refs.csv.gz"),
            DataColumns.promptAndCompletion("mr", "ref"));
    Map<String, String> first = new HashMap<>();
    records.forEach(one -> first.putIfAbsent(one.prompt(), one.text()));
    GenerationScores scores = GenerationScores.of(records, first::get);
    assertEquals(630, scores.prompts());
    assertEquals(4693, scores.references());
    assertEquals(100, scores.bleu().score(), 1e-9);
    assertEquals(100, scores.chrf(), 1e-9);
    assertEquals(1, scores.rougeL(), 1e-9);
  }
}
