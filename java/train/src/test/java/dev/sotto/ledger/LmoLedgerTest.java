package dev.sotto.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.base.InputException;
import dev.sotto.noise.LmoNoise;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ledgers of LMO noise: the promise of a law, and the account that no ledger may state. */
class LmoLedgerTest {
  private static final double Q = LedgerFixture.Q;
  private static final int STEPS = LedgerFixture.STEPS;
  private static final LmoNoise LAW =
      new LmoNoise(
          new LmoNoise.Gamma(0.1, 2, 1 / 3.0),
          new LmoNoise.Exponential(0.1, 5),
          new LmoNoise.Uniform(0.2, 7, 8),
          new LmoNoise.TruncatedNormal(0.1, 1, 0.5, 0.25, 4));
  private static final LmoEvent RELEASE = release(LAW, 0.3, 0.7, 6, 9, 40, 50);
  private static final LedgerHeader HEADER =
      LedgerFixture.header("lmo", 1.5, RELEASE, STEPS, "rdp");

  @TempDir Path dir;

  private static LmoEvent release(
      LmoNoise law, double c0, double c1, double s0, double s1, long d0, long d1) {
    return new LmoEvent(
        law, List.of(new LmoEvent.Group(c0, d0, s0), new LmoEvent.Group(c1, d1, s1)));
  }

  private static PoissonSampledEvent sampled(LmoEvent release) {
    return new PoissonSampledEvent(Q, release);
  }

  private Path written(LedgerHeader header, int steps) {
    Path file = dir.resolve("ledger.jsonl");
    try (Ledger ledger = Ledger.create(file, header)) {
      for (int step = 1; step <= steps; step++) {
        ledger.reserve(step, sampled(RELEASE));
        ledger.commit(step);
      }
    }
    return file;
  }

  @Test
  void eventsAreReadBackInFull() {
    LmoEvent laplace = LmoEvent.vector(LmoNoise.laplace(1 / 7.0), 0.1, 1L << 40);
    for (PrivacyEvent event : List.of(RELEASE, sampled(RELEASE).repeated(3), laplace)) {
      assertEquals(event, EventJson.read(EventJson.write(event)));
    }
    ObjectNode law = (ObjectNode) EventJson.write(RELEASE).get("law");
    assertEquals(0.1, law.get("gamma_weight").asDouble());
    assertEquals(8, law.get("uniform_high").asDouble());
    assertEquals(13, law.size());
  }

  @Test
  void forgedEventsAreRefused() {
    for (String field : List.of("sensitivities", "dimensions", "scales")) {
      ObjectNode event = EventJson.write(RELEASE);
      event.putArray(field).add(1);
      refused(event, "lengths");
      event.putArray(field).add("1").add(1);
      refused(event, field);
      event.putArray(field).add(-1).add(1);
      refused(event, "got -1");
      event.remove(field);
      refused(event, field);
    }
    ObjectNode half = EventJson.write(RELEASE);
    half.putArray("dimensions").add(1.5).add(1);
    refused(half, "whole");
    ObjectNode weight = EventJson.write(RELEASE);
    ((ObjectNode) weight.get("law")).put("gamma_weight", -1);
    refused(weight, "gamma_weight");
    ObjectNode extra = EventJson.write(RELEASE);
    ((ObjectNode) extra.get("law")).put("gamma_height", 1);
    refused(extra, "gamma_height");
    ObjectNode lawless = EventJson.write(RELEASE);
    lawless.remove("law");
    refused(lawless, "");
    refused(JsonNodeFactory.instance.objectNode().put("type", "lmo"), "");
  }

  private static void refused(ObjectNode event, String word) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> EventJson.read(event), event.toString())
            .getMessage();
    assertTrue(message.contains(word), message);
  }

  @Test
  void readsBackWhatWasCharged() {
    LedgerContents contents = LedgerReader.read(written(HEADER, 4));
    assertEquals(HEADER, contents.header());
    assertEquals(Collections.nCopies(4, sampled(RELEASE)), contents.charges());
    Accountant accountant = Accountant.rdp();
    double epsilon = contents.epsilon(accountant).upper();
    double uncut = accountant.epsilonUpper(sampled(RELEASE).repeated(4), 1e-5);
    assertTrue(epsilon > uncut, "the cut tails of the noise cost something");
    assertEquals(uncut, epsilon, 1e-9);
    try (Ledger ledger = Ledger.resume(dir.resolve("ledger.jsonl"), HEADER)) {
      ledger.reserve(5, sampled(RELEASE));
    }
    assertEquals(5, LedgerReader.read(dir.resolve("ledger.jsonl")).chargedSteps());
  }

  @Test
  void refusesMoreThanWasPromised() {
    List<PrivacyEvent> dearer =
        List.of(
            sampled(release(LAW, 0.3, 0.7, 6, 8.999, 40, 50)),
            sampled(release(LAW, 0.301, 0.7, 6, 9, 40, 50)),
            sampled(release(LAW, 0.3, 0.7, 6, 9, 41, 50)),
            sampled(release(LAW, 0.3, 0.7, 6, 9, 40, 49)),
            sampled(release(LAW.scaled(1.001), 0.3, 0.7, 6, 9, 40, 50)),
            sampled(release(LmoNoise.laplace(100), 0.3, 0.7, 6, 9, 40, 50)),
            sampled(new LmoEvent(LAW, RELEASE.groups().subList(0, 1))),
            new PoissonSampledEvent(Q * 1.001, RELEASE),
            new PoissonSampledEvent(Q, GaussianEvent.ofMultiplier(1000)),
            RELEASE);
    Path file = dir.resolve("ledger.jsonl");
    try (Ledger ledger = Ledger.create(file, HEADER)) {
      for (PrivacyEvent event : dearer) {
        assertThrows(IllegalStateException.class, () -> ledger.reserve(1, event), event.toString());
      }
      assertEquals(0, ledger.chargedSteps());
      ledger.reserve(1, sampled(release(LAW, 0.6, 0.7, 12, 10, 40, 50)));
    }
    assertEquals(1, LedgerReader.read(file).chargedSteps());
    LedgerHeader gaussian = LedgerFixture.HEADER;
    try (Ledger ledger = Ledger.create(dir.resolve("gaussian.jsonl"), gaussian)) {
      assertThrows(IllegalStateException.class, () -> ledger.reserve(1, sampled(RELEASE)));
    }
  }

  @Test
  void resumeRefusesAnotherLaw() {
    Path file = written(HEADER, 2);
    LedgerHeader other =
        LedgerFixture.header(
            "lmo", 1.5, release(LAW.scaled(1.01), 0.3, 0.7, 6, 9, 40, 50), STEPS, "rdp");
    InputException e = assertThrows(InputException.class, () -> Ledger.resume(file, other));
    assertTrue(e.getMessage().contains("release = "), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }

  @Test
  void aForgedPromiseIsRefused() {
    Path file = written(HEADER, 0);
    String good = LedgerFixture.lines(file).get(0);
    List<String> bad =
        List.of(
            good.replace("\"mechanism\":\"lmo\"", "\"mechanism\":\"gaussian\""),
            good.replace("\"mechanism\":\"lmo\"", "\"mechanism\":\"cauchy\""),
            good.replace("\"type\":\"lmo\"", "\"type\":\"gaussian\""),
            good.replace("\"uniform_low\":7.0", "\"uniform_low\":9.0"),
            good.replaceFirst(
                "\"release\":\\{.*?\\},\"sens", "\"release\":{\"type\":\"lmo\",\"sens"),
            good.replace("\"mechanism\":\"lmo\",", ""));
    for (String line : bad) {
      assertTrue(!line.equals(good), line);
      // Even with a head that agrees.
      List<String> lines = new ArrayList<>(List.of(line));
      LedgerFixture.writeLines(file, lines);
      LedgerFixture.write(LedgerReader.head(file), LedgerFixture.headOf(LedgerFixture.bytes(file)));
      LedgerCorruptException e =
          assertThrows(LedgerCorruptException.class, () -> LedgerReader.read(file), line);
      assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      assertTrue(e.getMessage().contains("line 1: is not understood"), e.getMessage());
    }
  }

  @Test
  void noEpsilonIsStatedForThePaperAccount() {
    LedgerHeader paper = LedgerFixture.header("lmo", 1.5, RELEASE, STEPS, LedgerHeader.PAPER);
    Path file = written(paper, 3);
    assertTrue(
        LedgerFixture.lines(file).get(0).contains("not a differential privacy guarantee"),
        "the first line says so");
    LedgerContents contents = LedgerReader.read(file);
    assertEquals(Collections.nCopies(3, sampled(RELEASE)), contents.charges());
    for (Accountant accountant : List.of(Accountant.pld(), Accountant.rdp())) {
      String message =
          assertThrows(UnsupportedOperationException.class, () -> contents.epsilon(accountant))
              .getMessage();
      assertTrue(message.contains("not a differential privacy guarantee"), message);
      assertEquals(1, message.lines().count());
    }
  }
}
