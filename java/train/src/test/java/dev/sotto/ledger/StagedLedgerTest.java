package dev.sotto.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.CutTails;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.base.InputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ledger of two stages: each step is held to the promise of its own. */
class StagedLedgerTest {
  private static final int FIRST = 2;
  private static final LedgerHeader HEADER = LedgerFixture.staged(FIRST);
  private static final PoissonSampledEvent HEAD =
      LedgerFixture.event(LedgerFixture.FIRST_Q, LedgerFixture.FIRST_Z);
  private static final PoissonSampledEvent WHOLE = LedgerFixture.EVENT;

  @TempDir Path dir;
  private Path file;

  @BeforeEach
  void prepare() {
    file = dir.resolve("ledger.jsonl");
  }

  /** Charges {@code steps} steps from the first. */
  private void charge(Ledger ledger, int steps) {
    for (int step = 1; step <= steps; step++) {
      ledger.reserve(step, step <= FIRST ? HEAD : WHOLE);
      ledger.commit(step);
    }
  }

  @Test
  void neitherStagePassesForTheOther() {
    try (Ledger ledger = Ledger.create(file, HEADER)) {
      assertThrows(
          IllegalStateException.class, () -> ledger.reserve(1, WHOLE), "less noise than promised");
      charge(ledger, FIRST);
      assertThrows(
          IllegalStateException.class,
          () -> ledger.reserve(3, HEAD),
          "more sampling than promised");
      ledger.reserve(3, WHOLE);
    }
  }

  @Test
  void noMoreStepsThanBothPromised() {
    int all = FIRST + LedgerFixture.STEPS;
    assertEquals(all, HEADER.steps());
    try (Ledger ledger = Ledger.create(file, HEADER)) {
      charge(ledger, all);
      assertThrows(IllegalStateException.class, () -> ledger.reserve(all + 1L, WHOLE));
    }
    assertEquals(
        CutTails.of(WHOLE.event(), 4L * FIRST + 10L * LedgerFixture.STEPS, 1).variation(),
        HEADER.cutTails(all).variation(),
        1e-30);
  }

  /** Where the second stage begins, the event before is not the one that may have been reserved. */
  @Test
  void aTornReservationIsChargedAsItsOwnStage() {
    try (Ledger ledger = Ledger.create(file, HEADER)) {
      charge(ledger, FIRST + 1);
    }
    byte[] whole = LedgerFixture.bytes(file);
    String text = new String(whole, StandardCharsets.UTF_8);
    int reserve = text.lastIndexOf("\n", text.lastIndexOf("\"reserve\"")) + 1;
    int event = text.lastIndexOf("\n", text.lastIndexOf("\"event\"", reserve)) + 1;
    for (int cut : new int[] {reserve + 5, event + 5}) {
      byte[] torn = Arrays.copyOf(whole, cut);
      LedgerFixture.write(file, torn);
      LedgerFixture.write(LedgerReader.head(file), LedgerFixture.headOf(torn));
      assertEquals(List.of(HEAD, HEAD, WHOLE), LedgerReader.read(file).charges(), "cut at " + cut);
    }
  }

  @Test
  void aRunWithoutTheStageDoesNotGoOnWithTheLedger() {
    try (Ledger ledger = Ledger.create(file, HEADER)) {
      charge(ledger, 1);
    }
    for (LedgerHeader other : List.of(LedgerFixture.HEADER, LedgerFixture.staged(FIRST + 1))) {
      String message =
          assertThrows(InputException.class, () -> Ledger.resume(file, other)).getMessage();
      assertTrue(message.contains("firstStage"), message);
    }
  }

  @Test
  void aStageHasStepsAndAProbability() {
    for (long steps : new long[] {-3, 0, Long.MAX_VALUE}) {
      assertThrows(IllegalArgumentException.class, () -> LedgerFixture.staged(steps));
    }
    for (double q : new double[] {0, -1, 5, Double.NaN}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new LedgerHeader.Stage(q, FIRST, LedgerFixture.HEADER.noise()));
    }
  }

  /** An adapter whose ledger is missing is charged with all that its run promised. */
  @Test
  void aMissingLedgerCostsBothStages() {
    try (Ledger ledger = Ledger.create(file, HEADER)) {
      charge(ledger, 1);
    }
    LedgerReader reader = LedgerReader.verify(file);
    ReleasedAdapter unpaid =
        new ReleasedAdapter(dir, "0".repeat(64), reader.contents().runId(), "n");
    Collection<ReleasedAdapter> adapters = List.of(unpaid);
    RunSpending spending = RunSpending.of(List.of(reader), adapters);
    List<PoissonSampledEvent> all =
        IntStream.rangeClosed(1, FIRST + LedgerFixture.STEPS)
            .mapToObj(step -> step <= FIRST ? HEAD : WHOLE)
            .toList();
    assertEquals(
        all,
        spending
            .charges()
            .subList(spending.charges().size() - all.size(), spending.charges().size()));
  }
}
