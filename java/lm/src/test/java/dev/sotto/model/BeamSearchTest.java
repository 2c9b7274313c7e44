package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.fixtures.TinyModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BeamSearchTest {
  private static final int PROMPTS = 8;

  private static Backend backend;
  private static LanguageModel model;
  private static Generator generator;

  @BeforeAll
  static void makeModel(@TempDir Path dir) {
    backend = Backends.open("cpu", 1);
    model = TinyModel.of("llama", backend, dir);
    generator = new Generator(model, null);
  }

  @AfterAll
  static void close() {
    model.close();
    backend.close();
  }

  private static int[] prompt(int number) {
    return new int[] {1, 3 + number, 11 + 3 * number};
  }

  private static BeamSearch.Text search(int[] prompt, int length, Beams beams, Set<Integer> ends) {
    try (BeamSearch search = new BeamSearch(model, null, prompt, length, beams, ends)) {
      return search.run();
    }
  }

  private static int[] with(int[] tokens, int... more) {
    return IntStream.concat(IntStream.of(tokens), IntStream.of(more)).toArray();
  }

  /** By one pass over the whole text. */
  private static double logProbability(int[] prompt, int... tokens) {
    int[] all = with(prompt, tokens);
    Batch batch = new Batch(all.length, 1, 1);
    batch.add(all, all, 0f);
    batch.endUnit();
    try (TransformerPass pass =
        new TransformerPass(model, null, PassCapacity.evaluate(all.length, all.length))) {
      float[] logits = pass.logits(batch);
      int vocabulary = logits.length / all.length;
      double sum = 0;
      for (int t = prompt.length; t < all.length; t++) {
        double normaliser = 0;
        for (int v = 0; v < vocabulary; v++) {
          normaliser += Math.exp(logits[(t - 1) * vocabulary + v]);
        }
        sum += logits[(t - 1) * vocabulary + all[t]] - Math.log(normaliser);
      }
      return sum;
    }
  }

  @Test
  void oneBeamIsGreedy() {
    for (int i = 0; i < PROMPTS; i++) {
      for (Set<Integer> ends : List.of(Set.<Integer>of(), Set.of(2, 17, 30, 41, 50))) {
        assertArrayEquals(
            generator.generate(prompt(i), 12, Sampling.greedy(), ends, 0),
            generator.search(prompt(i), 12, Beams.of(1), ends));
      }
    }
  }

  @Test
  void moreBeamsFindLikelierTexts() {
    int likelier = 0;
    for (int i = 0; i < PROMPTS; i++) {
      double greedy =
          logProbability(
              prompt(i), generator.generate(prompt(i), 8, Sampling.greedy(), Set.of(), 0));
      BeamSearch.Text found = search(prompt(i), 8, Beams.of(6), Set.of());
      assertEquals(8, found.tokens().length);
      assertEquals(logProbability(prompt(i), found.tokens()), found.logProbability(), 1e-4);
      likelier += found.logProbability() > greedy + 1e-3 ? 1 : 0;
    }
    assertTrue(likelier >= PROMPTS / 2, likelier + " of " + PROMPTS);
  }

  @Test
  void asManyBeamsAsTokensFindTheLikeliestPair() {
    int vocabulary = model.config().vocabularySize();
    for (int i = 0; i < 2; i++) {
      double best = Double.NEGATIVE_INFINITY;
      for (int first = 0; first < vocabulary; first++) {
        int second =
            generator.generate(with(prompt(i), first), 1, Sampling.greedy(), Set.of(), 0)[0];
        best = Math.max(best, logProbability(prompt(i), first, second));
      }
      assertEquals(
          best, search(prompt(i), 2, Beams.of(vocabulary), Set.of()).logProbability(), 1e-4);
    }
  }

  @Test
  void anEndIsCountedAndNotReturned() {
    int longer = 0;
    for (int i = 0; i < PROMPTS; i++) {
      // The end that the likeliest text meets third.
      int end = generator.search(prompt(i), 3, Beams.of(4), Set.of())[2];
      BeamSearch.Text text = search(prompt(i), 12, Beams.of(4), Set.of(end));
      assertTrue(IntStream.of(text.tokens()).noneMatch(token -> token == end));
      int[] whole = text.tokens().length == 12 ? text.tokens() : with(text.tokens(), end);
      assertEquals(logProbability(prompt(i), whole), text.logProbability(), 1e-4);
      int withPenalty = generator.search(prompt(i), 12, new Beams(4, 2), Set.of(end)).length;
      assertTrue(withPenalty >= text.tokens().length);
      longer += withPenalty > text.tokens().length ? 1 : 0;
    }
    assertTrue(longer > 0, "a length penalty makes some text longer");
  }

  @Test
  void refusesWhatCannotBe() {
    assertThrows(InputException.class, () -> Beams.of(0));
    assertThrows(InputException.class, () -> Beams.of(Beams.WIDEST + 1));
    assertThrows(InputException.class, () -> new Beams(1, -1));
    assertThrows(InputException.class, () -> new Beams(1, Double.NaN));
    assertThrows(
        InputException.class, () -> generator.search(new int[0], 3, Beams.of(2), Set.of()));
    assertThrows(
        InputException.class, () -> generator.search(new int[100], 3, Beams.of(2), Set.of()));
  }
}
