package dev.sotto.ledger;

import static dev.sotto.ledger.LedgerFixture.EVENT;
import static dev.sotto.ledger.LedgerFixture.HEADER;
import static dev.sotto.ledger.LedgerFixture.Q;
import static dev.sotto.ledger.LedgerFixture.STEPS;
import static dev.sotto.ledger.LedgerFixture.Z;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.ComposedEvent;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LaplaceEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.accounting.RepeatedEvent;
import dev.sotto.base.InputException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a ledger keeps, and what it refuses to keep. */
class LedgerTest {
  @TempDir Path dir;

  private Path file() {
    return dir.resolve("ledger.jsonl");
  }

  @Test
  void readsBackWhatWasCharged() {
    LedgerContents contents = LedgerReader.read(LedgerFixture.written(dir, 7));
    assertEquals(HEADER, contents.header());
    assertEquals(Collections.nCopies(7, EVENT), contents.charges());
    assertEquals(7, contents.committed());
    assertEquals(0, contents.resumes());
    assertEquals(new RepeatedEvent(EVENT, 7), contents.event().orElseThrow());
    for (Accountant accountant : List.of(Accountant.rdp(), Accountant.pld())) {
      double paid = contents.epsilon(accountant).upper();
      double ideal = accountant.epsilonUpper(EVENT.repeated(7), 1e-5);
      // The cut tails of ten draws a step cost next to nothing.
      assertEquals(ideal, paid, 1e-9, accountant.name());
    }
  }

  @Test
  void nothingChargedCostsNothing() {
    LedgerContents contents = LedgerReader.read(LedgerFixture.written(dir, 0));
    assertTrue(contents.event().isEmpty());
    assertEquals(0, contents.epsilon(Accountant.rdp()).upper());
  }

  @Test
  void differentEventsAreComposed() {
    PoissonSampledEvent quieter = LedgerFixture.event(Q / 2, 2 * Z);
    try (Ledger ledger = Ledger.create(file(), HEADER)) {
      ledger.reserve(1, EVENT);
      ledger.commit(1);
      ledger.reserve(2, quieter);
      ledger.reserve(3, EVENT);
    }
    LedgerContents contents = LedgerReader.read(file());
    assertEquals(List.of(EVENT, quieter, EVENT), contents.charges());
    assertEquals(
        new ComposedEvent(List.of(new RepeatedEvent(EVENT, 2), new RepeatedEvent(quieter, 1))),
        contents.event().orElseThrow());
  }

  @Test
  void aReservedStepStaysChargedWhenItsReleaseNeverCame() {
    try (Ledger ledger = Ledger.create(file(), HEADER)) {
      LedgerFixture.steps(ledger, 1, 2);
      ledger.reserve(3, EVENT);
    }
    assertEquals(3, LedgerReader.read(file()).chargedSteps());
    assertEquals(2, LedgerReader.read(file()).committed());
    try (Ledger ledger = Ledger.resume(file(), HEADER)) {
      assertEquals(3, ledger.chargedSteps());
      assertThrows(IllegalStateException.class, () -> ledger.commit(3), "it was never released");
      LedgerFixture.steps(ledger, 4, 4);
    }
    LedgerContents contents = LedgerReader.read(file());
    assertEquals(4, contents.chargedSteps());
    assertEquals(3, contents.committed());
    assertEquals(1, contents.resumes());
  }

  @Test
  void aChargeIsOnDiskBeforeTheNoise() {
    try (Ledger ledger = Ledger.create(file(), HEADER)) {
      for (int step = 1; step <= 3; step++) {
        ledger.reserve(step, EVENT);
        assertEquals(step, LedgerReader.read(file()).chargedSteps());
        ledger.commit(step);
      }
    }
  }

  @Test
  void refusesStepsOutOfOrder() {
    try (Ledger ledger = Ledger.create(file(), HEADER)) {
      assertThrows(IllegalStateException.class, () -> ledger.reserve(2, EVENT));
      assertThrows(IllegalStateException.class, () -> ledger.commit(1));
      ledger.reserve(1, EVENT);
      assertThrows(IllegalStateException.class, () -> ledger.reserve(1, EVENT));
      assertThrows(IllegalStateException.class, () -> ledger.commit(2));
      ledger.commit(1);
      assertThrows(IllegalStateException.class, () -> ledger.commit(1));
      assertThrows(IllegalStateException.class, () -> ledger.reserve(3, EVENT));
    }
    assertEquals(1, LedgerReader.read(file()).chargedSteps());
  }

  @Test
  void refusesMoreThanWasPromised() {
    try (Ledger ledger = Ledger.create(file(), HEADER)) {
      List<PrivacyEvent> dearer =
          List.of(
              LedgerFixture.event(Q, Z * 0.999),
              LedgerFixture.event(Q * 1.001, Z),
              GaussianEvent.ofMultiplier(100),
              new LaplaceEvent(1, 100),
              new PoissonSampledEvent(Q, new LaplaceEvent(1, 100)),
              EVENT.repeated(1));
      for (PrivacyEvent event : dearer) {
        assertThrows(IllegalStateException.class, () -> ledger.reserve(1, event));
      }
      assertEquals(0, ledger.chargedSteps());
      LedgerFixture.steps(ledger, 1, STEPS);
      assertThrows(IllegalStateException.class, () -> ledger.reserve(STEPS + 1, EVENT));
    }
    assertEquals(STEPS, LedgerReader.read(file()).chargedSteps());
  }

  @Test
  void oneWriterAtATime() {
    try (Ledger ledger = Ledger.create(file(), HEADER)) {
      LedgerFixture.steps(ledger, 1, 1);
      assertMessage("another process", () -> Ledger.resume(file(), HEADER));
      LedgerFixture.steps(ledger, 2, 2);
    }
    assertMessage("there already", () -> Ledger.create(file(), HEADER));
    assertEquals(2, LedgerReader.read(file()).chargedSteps());
  }

  @Test
  void resumeRefusesAnotherPromiseAndNamesTheField() {
    LedgerFixture.written(dir, 2);
    byte[] before = LedgerFixture.bytes(file());
    InputException steps =
        assertThrows(
            InputException.class, () -> Ledger.resume(file(), LedgerFixture.header(21, Z)));
    assertTrue(steps.getMessage().contains("steps = 20"), steps.getMessage());
    assertTrue(steps.getMessage().contains("21"), steps.getMessage());
    InputException noise =
        assertThrows(
            InputException.class, () -> Ledger.resume(file(), LedgerFixture.header(20, 1.2)));
    assertTrue(noise.getMessage().contains("noiseMultiplier = 1.1"), noise.getMessage());
    assertTrue(noise.getMessage().contains("1.2"), noise.getMessage());
    org.junit.jupiter.api.Assertions.assertArrayEquals(before, LedgerFixture.bytes(file()));
  }

  @Test
  void eventsOfEveryKindAreReadBack() {
    List<PrivacyEvent> events =
        List.of(
            EVENT,
            new LaplaceEvent(0.1, 0.3),
            new RepeatedEvent(EVENT, 12),
            new ComposedEvent(List.of(EVENT, GaussianEvent.ofMultiplier(1 / 3.0))));
    for (PrivacyEvent event : events) {
      assertEquals(event, EventJson.read(EventJson.write(event)));
    }
  }

  @Test
  void refusesEventsItDoesNotKnow() {
    ObjectNode unknown = JsonNodeFactory.instance.objectNode().put("type", "exponential");
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> EventJson.read(unknown))
            .getMessage()
            .contains("exponential"));
    ObjectNode untyped = JsonNodeFactory.instance.objectNode();
    assertThrows(IllegalArgumentException.class, () -> EventJson.read(untyped));
    for (String field : List.of("sensitivities", "stddevs")) {
      ObjectNode lists = EventJson.write(GaussianEvent.ofMultiplier(1));
      lists.putObject(field).put("0", 0.5);
      assertThrows(IllegalArgumentException.class, () -> EventJson.read(lists));
      lists.putArray(field).add("0.5");
      assertThrows(IllegalArgumentException.class, () -> EventJson.read(lists));
      lists.putArray(field);
      assertThrows(IllegalArgumentException.class, () -> EventJson.read(lists));
    }
  }

  @Test
  void missingLedger() {
    Path missing = dir.resolve("none").resolve("ledger.jsonl");
    assertMessage("no such ledger", () -> LedgerReader.read(missing));
    assertMessage("no such ledger", () -> Ledger.resume(missing, HEADER));
    assertMessage("its directory is not there", () -> Ledger.create(missing, HEADER));
    assertFalse(missing.toFile().exists());
  }

  private static void assertMessage(String part, org.junit.jupiter.api.function.Executable what) {
    InputException e = assertThrows(InputException.class, what);
    assertTrue(e.getMessage().contains(part), e.getMessage());
    assertTrue(e.getMessage().contains("ledger.jsonl"), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), "one line");
  }
}
