package dev.sotto.trainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.Accountant;
import dev.sotto.base.InputException;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.data.Block;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.model.Evaluation;
import dev.sotto.model.LanguageModel;
import dev.sotto.noise.NoiseLaw;
import dev.sotto.search.ScalarNoise;
import java.io.IOException;
import java.nio.file.Files;
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

  private static final UnitMeasure LOSS = new UnitMeasure.NatsPerToken(LENGTH, BOUND);

  @TempDir Path dir;

  /** One record each. */
  private static List<PrivacyUnit> records(int count) {
    Random random = new Random(4);
    List<PrivacyUnit> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      records.add(
          new PrivacyUnit(List.of(TinyModel.block(random, 2 + random.nextInt(LENGTH - 1)))));
    }
    return records;
  }

  @Test
  void meansTheBoundedLossesOfTheRecords() {
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model = TinyModel.llamaModel(backend, dir)) {
      // More rows than one pass holds.
      List<PrivacyUnit> records = records(500);
      double expected = 0;
      int cut = 0;
      for (PrivacyUnit record : records) {
        double loss = Evaluation.of(model, null, record.blocks(), LENGTH).natsPerToken();
        expected += Math.min(loss, BOUND) / records.size();
        cut += loss > BOUND ? 1 : 0;
      }
      assertTrue(cut > 10 && cut < 490, cut + " records are cut");
      double mean = PrivateEvaluation.boundedMean(model, null, records, LOSS);
      assertEquals(expected, mean, 1e-5);
      // One record less moves the sum by no more than the bound.
      double less = PrivateEvaluation.boundedMean(model, null, records.subList(1, 500), LOSS);
      assertTrue(Math.abs(500 * mean - 499 * less) <= BOUND * (1 + 1e-9));
      Block silent = new Block(new int[] {12}, new int[] {Block.NO_TARGET});
      List<PrivacyUnit> none = List.of(new PrivacyUnit(List.of(silent)));
      assertEquals(0, PrivateEvaluation.boundedMean(model, null, none, LOSS));
    }
  }

  /** All records of one unit weigh as much together as the single record of another. */
  @Test
  void aUnitOfManyRecordsCountsOnce() {
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model = TinyModel.llamaModel(backend, dir)) {
      List<PrivacyUnit> records = records(300);
      List<Block> many = records.subList(1, 300).stream().map(u -> u.blocks().get(0)).toList();
      PrivacyUnit one = new PrivacyUnit(many);
      double far = 100;
      double all =
          PrivateEvaluation.boundedMean(
              model, null, List.of(records.get(0), one), new UnitMeasure.NatsPerToken(LENGTH, far));
      double first = Evaluation.of(model, null, records.get(0).blocks(), LENGTH).natsPerToken();
      double second = Evaluation.of(model, null, many, LENGTH).natsPerToken();
      assertEquals((first + second) / 2, all, 1e-5);
      // Without it the sum is less by that unit's own term.
      double alone = PrivateEvaluation.boundedMean(model, null, List.of(one), LOSS);
      double both = PrivateEvaluation.boundedMean(model, null, List.of(records.get(0), one), LOSS);
      double other = PrivateEvaluation.boundedMean(model, null, records.subList(0, 1), LOSS);
      assertEquals(alone + other, 2 * both, 1e-5);
    }
  }

  @Test
  void releasesItUnderTheNoiseItStatesAndCharges() throws IOException {
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel model = TinyModel.llamaModel(backend, dir)) {
      List<PrivacyUnit> records = records(40);
      double exact = PrivateEvaluation.boundedMean(model, null, records, LOSS);
      PrivateEvaluation first = evaluate(model, records, 1);
      assertNotEquals(exact, first.mean().value(), 1e-9);
      assertNotEquals(first.mean().value(), evaluate(model, records, 2).mean().value());
      assertTrue(Accountant.pld().epsilonUpper(first.noise().run(), 1e-6) <= 2);
      // Laplace noise of this scale: a larger error has a chance of e^-20.
      double scale = BOUND / 40 / 2;
      assertEquals(scale, first.noise().candidate().coordinate().meanAbsolute(), 1e-3 * scale);
      assertEquals(exact, first.mean().value(), 20 * scale);
      assertThrows(InputException.class, () -> evaluate(model, List.of(), 1));
    }
  }

  private PrivateEvaluation evaluate(LanguageModel model, List<PrivacyUnit> records, long seed)
      throws IOException {
    NoiseKey key = NoiseKey.seededForTests(seed);
    ScalarNoise noise = PrivateEvaluation.noise(records.size(), BOUND, 2, 1e-6);
    Path file = Files.createTempDirectory(dir, "run").resolve("ledger.jsonl");
    LedgerHeader header =
        new LedgerHeader(
            LedgerHeader.Neighbours.ofUnits("record", records.size()),
            new LedgerHeader.Target(noise.candidate().epsilon(), 1e-6, "pld"),
            new LedgerHeader.Sampling(1, 1),
            new LedgerHeader.Noise(NoiseLaw.Kind.LAPLACE, 1, noise.event(), 10),
            null,
            true,
            new LedgerHeader.Inputs("", "", null));
    PrivateEvaluation evaluation;
    try (Ledger ledger = Ledger.create(file, header)) {
      evaluation = PrivateEvaluation.of(model, null, records, LOSS, noise, ledger, key);
      assertThrows(
          IllegalStateException.class,
          () -> PrivateEvaluation.of(model, null, records, LOSS, noise, ledger, key),
          "one release is paid for");
    }
    LedgerContents read = LedgerReader.read(file);
    assertEquals(List.of(PrivateEvaluation.event(noise)), read.charges());
    assertEquals(1, read.committed());
    double charged = read.epsilon(Accountant.pld()).upper();
    assertEquals(noise.candidate().epsilon(), charged, 1e-9);
    return evaluation;
  }
}
