package dev.sotto.ledger;

import static dev.sotto.ledger.LedgerFixture.EVENT;
import static dev.sotto.ledger.LedgerFixture.HEADER;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.Accountant;
import dev.sotto.base.InputException;
import dev.sotto.base.Sha256;
import dev.sotto.checkpoint.SafetensorsWriter;
import dev.sotto.checkpoint.TensorData;
import dev.sotto.ledger.ComposedSpending.AdapterPayment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several ledgers of the same data: runs, forks, copies, and the adapters they paid for. */
class ComposedSpendingTest {
  @TempDir Path dir;

  /** Steps of a run in {@code name}, begun or gone on with; its ledger. */
  private Path run(String name, int to, boolean finish) {
    Path ledger = ledger(name);
    try (Ledger open =
        Files.exists(ledger) ? Ledger.resume(ledger, HEADER) : Ledger.create(ledger, HEADER)) {
      LedgerFixture.steps(open, (int) open.chargedSteps() + 1, to);
      if (finish) {
        List<String> nonces = open.nonces();
        SafetensorsWriter.write(
            adapter(name),
            Map.of("w", TensorData.f32(new float[] {1}, 1)),
            Map.of(
                ReleasedAdapter.RUN,
                open.runId(),
                ReleasedAdapter.NONCE,
                nonces.get(nonces.size() - 1)));
        open.seal(Map.of(LedgerContents.ADAPTER, Sha256.ofFile(adapter(name))));
      }
    }
    return ledger;
  }

  private Path ledger(String name) {
    try {
      return Files.createDirectories(dir.resolve(name)).resolve("ledger.jsonl");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path adapter(String name) {
    return dir.resolve(name).resolve(LedgerContents.ADAPTER);
  }

  private Path copy(String from, String to) {
    try {
      Files.copy(ledger(from), ledger(to));
      Files.copy(LedgerReader.head(ledger(from)), LedgerReader.head(ledger(to)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ledger(to);
  }

  private static double pld(int steps, double delta) {
    return Accountant.pld().epsilonUpper(EVENT.repeated(steps), delta);
  }

  @Test
  void oneFinishedRunPaidForItsAdapter() {
    Path ledger = run("a", 6, true);
    ComposedSpending spending =
        ComposedSpending.read(List.of(ledger), List.of(dir.resolve("a"), adapter("a")));
    assertFalse(spending.isComposition());
    assertEquals(6, spending.chargedSteps());
    assertEquals(2, spending.payments().size());
    for (AdapterPayment payment : spending.payments()) {
      assertEquals(ledger, payment.ledger());
      assertNull(payment.reason());
    }
  }

  /** The break: copy a run directory, resume both, publish two adapters. */
  @Test
  void aCopiedRunThatWentOnTwiceIsChargedForBothBranches() {
    Path one = run("a", 4, false);
    Path other = copy("a", "b");
    run("a", 10, true);
    run("b", 9, true);
    ComposedSpending spending =
        ComposedSpending.read(List.of(one, other), List.of(dir.resolve("a"), dir.resolve("b")));
    assertTrue(spending.isComposition());
    RunSpending run = spending.runs().get(0);
    assertEquals(1, spending.runs().size());
    assertTrue(run.forked());
    assertEquals(4, run.commonSteps());
    assertEquals(
        List.of(new RunSpending.Branch(one, null, 6), new RunSpending.Branch(other, null, 5)),
        run.branches());
    assertEquals(4 + 6 + 5, spending.chargedSteps(), "the common beginning once");
    assertEquals(2 * HEADER.target().epsilon(), spending.promisedEpsilon());
    assertEquals(2 * HEADER.target().delta(), spending.delta());
    // The cut tails of ten draws a step cost next to nothing.
    assertEquals(
        pld(15, 2 * HEADER.target().delta()), spending.epsilonIfFixed(Accountant.pld()), 1e-9);
    assertEquals(
        List.of(one, other), spending.payments().stream().map(AdapterPayment::ledger).toList());
  }

  @Test
  void aSecondAdapterOfARunBetraysAForkWhoseLedgerIsHidden() {
    Path one = run("a", 4, false);
    copy("a", "b");
    run("a", 10, true);
    run("b", 10, true);
    ComposedSpending spending =
        ComposedSpending.read(List.of(one), List.of(dir.resolve("a"), dir.resolve("b")));
    assertTrue(spending.payments().get(0).paid());
    AdapterPayment hidden = spending.payments().get(1);
    assertFalse(hidden.paid());
    assertTrue(hidden.reason().contains("a copy of this run went on elsewhere"), hidden.reason());
    assertTrue(spending.isComposition());
    assertEquals(
        10 + HEADER.sampling().steps(),
        spending.chargedSteps(),
        "all that the copy can have charged");
    assertEquals(2 * HEADER.target().epsilon(), spending.promisedEpsilon());
    double before =
        ComposedSpending.read(List.of(one), List.of(dir.resolve("a")))
            .epsilonIfFixed(Accountant.pld());
    assertTrue(spending.epsilonIfFixed(Accountant.pld()) > before);
  }

  @Test
  void olderAndEqualCopiesCountOnce() {
    Path ledger = run("a", 4, false);
    Path older = copy("a", "older");
    run("a", 8, true);
    Path same = copy("a", "same");
    for (List<Path> order : List.of(List.of(older, ledger, same), List.of(same, ledger, older))) {
      ComposedSpending spending = ComposedSpending.read(order, List.of());
      assertFalse(spending.isComposition());
      assertEquals(8, spending.chargedSteps());
      assertEquals(2, spending.runs().get(0).copies().size());
      assertTrue(spending.runs().get(0).copies().contains(older));
    }
  }

  @Test
  void aTornLineIsChargedWhereNoOtherLedgerGoesFurther() throws IOException {
    Path ledger = run("a", 4, false);
    Path torn = copy("a", "torn");
    Files.writeString(torn, "{\"li", java.nio.file.StandardOpenOption.APPEND);
    List<Path> both = List.of(ledger, torn);
    assertEquals(5, ComposedSpending.read(both, List.of()).chargedSteps());
    run("a", 7, false);
    assertEquals(7, ComposedSpending.read(both, List.of()).chargedSteps());
  }

  @Test
  void differentRunsAddUp() {
    List<Path> ledgers = new ArrayList<>(List.of(run("a", 5, true), run("b", 7, true)));
    ComposedSpending spending = ComposedSpending.read(ledgers, List.of());
    assertEquals(2, spending.runs().size());
    assertEquals(12, spending.chargedSteps());
    assertEquals(6, spending.promisedEpsilon());
    assertEquals(pld(12, 2e-5), spending.epsilonIfFixed(Accountant.pld()), 1e-9);
    assertTrue(spending.epsilonIfFixed(Accountant.pld()) < pld(5, 1e-5) + pld(7, 1e-5));
    AdapterPayment other =
        ComposedSpending.read(List.of(ledgers.get(0)), List.of(dir.resolve("b"))).payments().get(0);
    assertFalse(other.paid());
    assertTrue(other.reason().contains("another run"), other.reason());
  }

  @Test
  void aRunUnderAFilterEntersWithItsPromise() {
    LedgerHeader filtered = LedgerFixture.filtered(6.0);
    Path ledger = ledger("filtered");
    try (Ledger open = Ledger.create(ledger, filtered)) {
      LedgerFixture.steps(open, 1, 3);
    }
    ComposedSpending spending =
        ComposedSpending.read(List.of(run("a", 5, true), ledger), List.of());
    assertEquals(
        HEADER.target().epsilon() + pld(5, HEADER.target().delta()),
        spending.epsilonIfFixed(Accountant.pld()),
        1e-9);
    assertEquals(2 * HEADER.target().epsilon(), spending.promisedEpsilon());
  }

  @Test
  void changedAdaptersAndStrangersAreNotPaidFor() throws IOException {
    Path ledger = run("a", 5, true);
    byte[] bytes = Files.readAllBytes(adapter("a"));
    bytes[bytes.length - 1] ^= 1;
    Files.write(adapter("a"), bytes);
    AdapterPayment changed =
        ComposedSpending.read(List.of(ledger), List.of(dir.resolve("a"))).payments().get(0);
    assertFalse(changed.paid());
    assertTrue(changed.reason().contains("changed"), changed.reason());
    Path stranger = dir.resolve("stranger.safetensors");
    SafetensorsWriter.write(
        stranger, Map.of("w", TensorData.f32(new float[] {1}, 1)), Map.of("format", "pt"));
    ComposedSpending spending = ComposedSpending.read(List.of(ledger), List.of(stranger));
    assertTrue(spending.payments().get(0).reason().contains("names no run"));
    assertFalse(spending.isComposition());
  }

  @Test
  void otherUnitsAndUnprovenNoiseAreRefused() {
    Path ledger = run("a", 5, false);
    Path byPatient = ledger("patient");
    Ledger.create(byPatient, LedgerFixture.unit("patient")).close();
    InputException e =
        assertThrows(
            InputException.class,
            () -> ComposedSpending.read(List.of(ledger, byPatient), List.of()));
    assertTrue(e.getMessage().startsWith(byPatient + ": protects patient"), e.getMessage());
  }
}
