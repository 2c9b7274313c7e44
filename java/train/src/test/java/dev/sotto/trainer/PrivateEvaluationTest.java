package dev.sotto.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.Accountant;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.data.Block;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.model.Evaluation;
import dev.sotto.model.LanguageModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The mean loss as a number that may be published. */
class PrivateEvaluationTest {
  private static final int LENGTH = TinyModel.MAX_LENGTH;
  private static final double BOUND = 4;

  @TempDir Path dir;

  private static List<Block> records(int count) {
    Random random = new Random(4);
    List<Block> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      records.add(TinyModel.block(random, 2 + random.nextInt(LENGTH - 1)));
    }
    return records;
  }

  @Test
  void meansTheBoundedLossesOfTheRecords() {
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model = TinyModel.llamaModel(backend, dir)) {
      // More rows than one pass holds.
      List<Block> records = records(500);
      double expected = 0;
      int cut = 0;
      for (Block record : records) {
        double loss = Evaluation.of(model, null, List.of(record), LENGTH).natsPerToken();
        expected += Math.min(loss, BOUND) / records.size();
        cut += loss > BOUND ? 1 : 0;
      }
      assertTrue(cut > 10 && cut < 490, cut + " records are cut");
      double mean = PrivateEvaluation.boundedMean(model, null, records, LENGTH, BOUND);
      assertEquals(expected, mean, 1e-5);
      // One record less moves the sum by no more than the bound.
      double less =
          PrivateEvaluation.boundedMean(model, null, records.subList(1, 500), LENGTH, BOUND);
      assertTrue(Math.abs(500 * mean - 499 * less) <= BOUND * (1 + 1e-9));
      Block silent = new Block(new int[] {12}, new int[] {Block.NO_TARGET});
      assertEquals(0, PrivateEvaluation.boundedMean(model, null, List.of(silent), LENGTH, BOUND));
    }
  }

  @Test
  void releasesItUnderTheNoiseItStates() {
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model = TinyModel.llamaModel(backend, dir)) {
      List<Block> records = records(40);
      double exact = PrivateEvaluation.boundedMean(model, null, records, LENGTH, BOUND);
      PrivateEvaluation first = evaluate(model, records, 1);
      assertNotEquals(exact, first.loss().value(), 1e-9);
      assertNotEquals(first.loss().value(), evaluate(model, records, 2).loss().value());
      assertTrue(Accountant.pld().epsilonUpper(first.noise().run(), 1e-6) <= 2);
      // Laplace noise of this scale: a larger error has a chance of e^-20.
      double scale = BOUND / 40 / 2;
      assertEquals(scale, first.noise().candidate().meanAbsolute(), 1e-3 * scale);
      assertEquals(exact, first.loss().value(), 20 * scale);
      assertThrows(IllegalArgumentException.class, () -> evaluate(model, List.of(), 1));
    }
  }

  private static PrivateEvaluation evaluate(LanguageModel model, List<Block> records, long seed) {
    NoiseKey key = NoiseKey.seededForTests(seed);
    return PrivateEvaluation.of(model, null, records, LENGTH, BOUND, 2, 1e-6, key);
  }
}
