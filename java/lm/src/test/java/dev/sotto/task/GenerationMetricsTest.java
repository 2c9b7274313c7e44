package dev.sotto.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.base.Json;
import dev.sotto.data.SharedFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The four figures against sacreBLEU 2.6.0, rouge-score and NLTK. */
class GenerationMetricsTest {
  /** What is printed has four digits; the rest is the order of floating-point sums. */
  private static final double EXACT = 1e-9;

  private static GeneratedText text(String text, String... references) {
    return new GeneratedText(text, List.of(references));
  }

  private static JsonNode oracle() {
    Path file = SharedFiles.require("oracles/text_metrics.json");
    return Json.read(file, "");
  }

  private static List<GeneratedText> texts(JsonNode oracle) {
    List<GeneratedText> texts = new ArrayList<>();
    for (int i = 0; i < oracle.path("hypotheses").size(); i++) {
      List<String> references = new ArrayList<>();
      oracle.path("references").path(i).forEach(one -> references.add(one.textValue()));
      texts.add(new GeneratedText(oracle.path("hypotheses").path(i).textValue(), references));
    }
    assertEquals(60, texts.size());
    return texts;
  }

  @Test
  void bleuIsSacreBleus() {
    JsonNode oracle = oracle();
    Bleu bleu = Bleu.of(texts(oracle));
    JsonNode expected = oracle.at("/results/bleu_13a");
    assertEquals(expected.path("score").doubleValue(), bleu.score(), EXACT);
    for (int n = 0; n < 4; n++) {
      assertEquals(
          expected.path("precisions").path(n).doubleValue(), bleu.precisions().get(n), EXACT);
    }
    assertEquals(expected.path("bp").doubleValue(), bleu.brevityPenalty(), EXACT);
    assertEquals(expected.path("sys_len").intValue(), bleu.tokens());
    assertEquals(expected.path("ref_len").intValue(), bleu.referenceTokens());
  }

  @Test
  void chrfIsSacreBleus() {
    JsonNode oracle = oracle();
    assertEquals(oracle.at("/results/chrf").doubleValue(), Chrf.of(texts(oracle)), EXACT);
  }

  @Test
  void rougeIsGoogles() {
    JsonNode oracle = oracle();
    List<GeneratedText> texts = texts(oracle);
    for (int i = 0; i < texts.size(); i++) {
      assertEquals(
          oracle.path("rougeL_per_segment").path(i).doubleValue(),
          RougeL.of(texts.get(i)),
          EXACT,
          "segment " + i);
    }
    assertEquals(
        oracle.at("/results/rouge_no_stemmer_best_of_references_mean_f/rougeL").doubleValue(),
        RougeL.of(texts),
        EXACT);
  }

  @Test
  void nistIsNltks() {
    JsonNode oracle = oracle();
    assertEquals(
        oracle.at("/results/nist5_13a_tokens_hypotheses_of_5_or_more").doubleValue(),
        Nist.of(texts(oracle)),
        EXACT);
  }

  @Test
  void tokensAreThoseOf13a() {
    assertEquals(
        List.of("It", "costs", "1,000.50", ",", "i", ".", "e", ".", "\"", "5", "-", "7", "\"", "!"),
        Tokens.mteval13a("It costs 1,000.50, i.e. &quot;5-7&quot;! \n"));
    assertEquals(List.of("wellknown", "x"), Tokens.mteval13a("well-\nknown<skipped> x"));
    assertEquals(List.of("caf", "20", "x"), Tokens.rouge("Caf\u00e9 \u00a320-X"));
    assertEquals(List.of(0x1F600, (int) 'a'), Tokens.characters(" \uD83D\uDE00\u00a0a"));
  }

  @Test
  void byHand() {
    // Four of five words, 2 of 4 pairs, none of 3 triples nor of 2 fours: 80, 50, 100/6, 100/8.
    Bleu bleu = Bleu.of(List.of(text("a b x d e", "a b c d e")));
    assertEquals(List.of(80.0, 50.0, 100.0 / 6, 100.0 / 8), bleu.precisions());
    assertEquals(Math.pow(80.0 * 50 * 100 / 6 * 100 / 8, 0.25), bleu.score(), EXACT);
    // The longest common subsequence has 3 words: P = 3/4, R = 3/5.
    assertEquals(2.0 / 3, RougeL.of(text("a c b e", "a b c d e", "z")), EXACT);
    // Runs of the text and of the reference: (a), (b), (ab); (a), (c), (ac): P = R = (1/2 + 0)/2.
    assertEquals(25, Chrf.of(List.of(text("a b", "ac"))), EXACT);
    // Each word occurs once in five, after which the next is sure: log2(5) for every word told.
    assertEquals(
        Math.log(5) / Math.log(2), Nist.of(List.of(text("a b c d e", "a b c d e"))), EXACT);
  }

  @Test
  void ofSeveralReferencesAnyWillDo() {
    GeneratedText both = text("the cat sat on it", "a dog lay there now", "the cat sat on it");
    assertEquals(100, Bleu.of(List.of(both)).score(), EXACT);
    assertEquals(100, Chrf.of(List.of(both)), EXACT);
    assertEquals(1, RougeL.of(both), EXACT);
    // Of two references as near in length the shorter counts.
    assertEquals(
        4, Bleu.of(List.of(text("a b c d e", "a b c d e f", "a b c d"))).referenceTokens());
  }

  @Test
  void nothingInCommonIsNothing() {
    List<GeneratedText> texts = List.of(text("a b c d e", "v w x y z"), text("", "v w"));
    assertEquals(0, Bleu.of(texts).score());
    assertEquals(0, Chrf.of(texts));
    assertEquals(0, RougeL.of(texts));
    assertEquals(0, Nist.of(texts));
    assertEquals(0, Nist.of(List.of(text("a b", "a b"))), "no text has five tokens");
    assertEquals(0, Bleu.of(List.of(text("", "v w"))).brevityPenalty());
    assertThrows(IllegalArgumentException.class, () -> text("a"));
    assertFalse(text("Zanzibar", "Zanzibar").toString().contains("Zanzibar"));
  }
}
