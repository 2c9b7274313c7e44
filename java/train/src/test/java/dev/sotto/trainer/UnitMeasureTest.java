package dev.sotto.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.Purpose;
import dev.sotto.data.Block;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.model.ClassifierOptions;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.Precision;
import dev.sotto.model.SequenceScores;
import dev.sotto.model.TransformerPass;
import dev.sotto.task.Estimate;
import dev.sotto.task.LabelRange;
import dev.sotto.task.Task;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a privacy unit's labels count for. */
class UnitMeasureTest {
  private static final int LENGTH = 12;

  /** Units of one to three labelled sequences; together they fill several passes. */
  private static List<PrivacyUnit> units(int vocabulary, int labels) {
    Random random = new Random(3);
    List<PrivacyUnit> units = new ArrayList<>();
    for (int u = 0; u < 400; u++) {
      List<Block> blocks = new ArrayList<>();
      for (int b = 1 + random.nextInt(3); b > 0; b--) {
        int[] ids = random.ints(4 + random.nextInt(LENGTH - 3), 0, vocabulary).toArray();
        blocks.add(Block.labelled(ids, new int[0], random.nextInt(labels)));
      }
      units.add(new PrivacyUnit(blocks));
    }
    return units;
  }

  /** To the bit, whoever is evaluated beside it: so one unit moves the sum by its own term. */
  @ParameterizedTest
  @CsvSource({"bert-cls3-pairs,3", "gpt2-score,3", "distilbert-cls,2", "bert-regression,1"})
  void aUnitCountsForItsOwnRecordsAlone(String name, int outputs) {
    Path dir = Path.of(System.getProperty("sotto.shared"), "oracles/models2", name);
    assumeTrue(Files.isDirectory(dir), "no model at " + dir);
    ClassifierOptions head =
        outputs == 1 ? ClassifierOptions.number() : ClassifierOptions.classes(outputs);
    UnitMeasure measure =
        outputs == 1
            ? new UnitMeasure.SquaredError(LENGTH, new LabelRange(0, 5))
            : new UnitMeasure.Accuracy(LENGTH);
    try (Backend backend = Backends.open("cpu", 2, Purpose.PRIVATE);
        LanguageModel model = LanguageModel.load(backend, dir, Precision.F32, head);
        TransformerPass pass = new TransformerPass(model, null, SequenceScores.capacity(LENGTH))) {
      List<PrivacyUnit> units = units(model.config().vocabularySize(), Math.max(5, outputs));
      units = outputs == 1 ? units : units(model.config().vocabularySize(), outputs);
      double[] together = measure.ofUnits(pass, units);
      double sum = 0;
      int between = 0;
      for (int u = 0; u < units.size(); u++) {
        PrivacyUnit unit = units.get(u);
        assertEquals(together[u], measure.ofUnits(pass, List.of(unit))[0], "unit " + u);
        assertEquals(expected(pass, unit, outputs), together[u], 1e-9);
        assertTrue(together[u] >= 0 && together[u] <= measure.bound());
        sum += together[u];
        between += together[u] > 0 && together[u] < measure.bound() ? 1 : 0;
      }
      assertTrue(between > 20, between + " units are neither right nor wrong");
      assertEquals(
          sum / units.size(), PrivateEvaluation.boundedMean(model, null, units, measure), 1e-6);
    }
  }

  private static double expected(TransformerPass pass, PrivacyUnit unit, int outputs) {
    double sum = 0;
    for (Block block : unit.blocks()) {
      float[] logits = SequenceScores.of(pass, List.of(block)).get(0);
      double label = block.label().orElseThrow();
      if (outputs == 1) {
        sum += Math.pow(Math.min(5, Math.max(0, logits[0])) - label, 2);
      } else if (Task.Classify.largest(logits) == (int) label) {
        sum++;
      }
    }
    return sum / unit.blocks().size();
  }

  /**
   * In 4,000 trials of 150 answers, 80% right, under Laplace noise as large as their own scatter,
   * the interval misses the 80% at most 5% of the time: more than 5% + 4 standard deviations (6.4%)
   * has a chance below 1e-4. The control, which forgets the noise, must fail.
   */
  @Test
  void theIntervalHoldsWhatItEstimatesWithTheNoise() {
    Random random = new Random(5);
    double scale = 0.03;
    double within = scale * Math.log(1 / 0.025);
    int missed = 0;
    int forgetful = 0;
    int trials = 4000;
    for (int trial = 0; trial < trials; trial++) {
      int right = 0;
      for (int i = 0; i < 150; i++) {
        right += random.nextDouble() < 0.8 ? 1 : 0;
      }
      double noise = -scale * Math.log(1 - random.nextDouble()) * (random.nextBoolean() ? 1 : -1);
      double value = right / 150.0 + noise;
      missed += holds(PrivateEvaluation.estimate(value, within, 1, 150), 0.8) ? 0 : 1;
      forgetful += holds(PrivateEvaluation.estimate(value, 0, 1, 150), 0.8) ? 0 : 1;
    }
    assertTrue(missed <= 0.064 * trials, missed + " misses");
    assertTrue(forgetful > 0.064 * trials, forgetful + " misses without the noise");
  }

  private static boolean holds(Estimate estimate, double truth) {
    return estimate.low() <= truth && truth <= estimate.high();
  }

  @Test
  void theIntervalStaysBetweenNothingAndTheBound() {
    for (double value : new double[] {-3, 0, 12, 25, 400}) {
      Estimate estimate = PrivateEvaluation.estimate(value, 1, 25, 10);
      assertTrue(0 <= estimate.low() && estimate.low() < estimate.high());
      assertTrue(estimate.high() <= 25);
      assertEquals(value, estimate.value());
    }
  }
}
