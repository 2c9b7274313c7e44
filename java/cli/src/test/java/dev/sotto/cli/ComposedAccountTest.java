package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.base.Sha256;
import dev.sotto.checkpoint.SafetensorsWriter;
import dev.sotto.checkpoint.TensorData;
import dev.sotto.ledger.ComposedSpending;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerContents;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.ledger.ReleasedAdapter;
import dev.sotto.noise.NoiseLaw;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sotto account} on several ledgers, on forks, and on adapters. */
class ComposedAccountTest {
  private static final PoissonSampledEvent EVENT =
      new PoissonSampledEvent(0.01, GaussianEvent.ofMultiplier(1.1));
  private static final LedgerHeader HEADER =
      new LedgerHeader(
          LedgerHeader.Neighbours.ofUnits("record", 1000),
          new LedgerHeader.Target(0.5, 1e-5, "pld"),
          new LedgerHeader.Sampling(0.01, 50),
          new LedgerHeader.Noise(NoiseLaw.Kind.GAUSSIAN, 1.1, EVENT.event(), 10),
          null,
          false,
          new LedgerHeader.Inputs("0".repeat(64), "1".repeat(64), "2".repeat(64)));

  @TempDir Path dir;
  private Path one;
  private Path other;

  /** A run of which both a directory and its copy went on. */
  @BeforeEach
  void fork() throws IOException {
    one = Files.createDirectory(dir.resolve("one"));
    other = Files.createDirectory(dir.resolve("other"));
    steps(one, 20, false);
    Files.copy(one.resolve("ledger.jsonl"), other.resolve("ledger.jsonl"));
    Files.copy(one.resolve("ledger.head"), other.resolve("ledger.head"));
    steps(one, 50, true);
    steps(other, 50, true);
  }

  private static void steps(Path run, long to, boolean finish) {
    Path file = run.resolve("ledger.jsonl");
    try (Ledger ledger =
        Files.exists(file) ? Ledger.resume(file, HEADER) : Ledger.create(file, HEADER)) {
      for (long step = ledger.chargedSteps() + 1; step <= to; step++) {
        ledger.reserve(step, EVENT);
        ledger.commit(step);
      }
      if (finish) {
        Path weights = run.resolve(LedgerContents.ADAPTER);
        List<String> nonces = ledger.nonces();
        Map<String, String> metadata =
            Map.of(
                ReleasedAdapter.RUN,
                ledger.runId(),
                ReleasedAdapter.NONCE,
                nonces.get(nonces.size() - 1));
        SafetensorsWriter.write(weights, Map.of("w", TensorData.f32(new float[] {1}, 1)), metadata);
        ledger.seal(Map.of(LedgerContents.ADAPTER, Sha256.ofFile(weights)));
      }
    }
  }

  private static CommandRun account(Path... ledgers) {
    java.util.ArrayList<String> arguments = new java.util.ArrayList<>(List.of("account"));
    for (Path run : ledgers) {
      arguments.addAll(List.of("--ledger", run.resolve("ledger.jsonl").toString()));
    }
    return CommandRun.of(arguments);
  }

  private CommandRun account(List<Path> ledgers, List<Path> adapters, String... more) {
    java.util.ArrayList<String> arguments = new java.util.ArrayList<>(List.of("account"));
    ledgers.forEach(
        run -> arguments.addAll(List.of("--ledger", run.resolve("ledger.jsonl").toString())));
    adapters.forEach(run -> arguments.addAll(List.of("--adapter", run.toString())));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments);
  }

  /** So that who goes on from an adapter is told where it was paid for. */
  @Test
  void aLedgerIsFoundByWhatItReleased() {
    Path ledger = other.resolve("ledger.jsonl");
    ComposedSpending spending =
        ComposedSpending.read(List.of(one.resolve("ledger.jsonl"), ledger), List.of());
    String adapter = Sha256.ofFile(other.resolve(LedgerContents.ADAPTER));
    assertEquals(ledger, spending.ledgerOf(adapter));
    assertNull(spending.ledgerOf("0".repeat(64)));
  }

  @Test
  void bothBranchesOfACopiedRunAreCharged() {
    JsonNode said = account(List.of(one, other), List.of(one, other), "--json").json();
    assertEquals(1.0, said.get("epsilon").asDouble(), "two promises of 0.5");
    assertEquals(2e-5, said.get("delta").asDouble());
    assertEquals(80, said.get("steps").asLong());
    assertEquals(
        Accountant.pld().epsilonUpper(EVENT.repeated(80), 2e-5),
        said.get("epsilon_if_fixed").get("pld").asDouble(),
        1e-9,
        "apart from the cut tails of ten draws a step");
    assertTrue(said.get("epsilon_if_fixed").has("rdp"));
    JsonNode restsOn = said.get("rests_on");
    assertTrue(restsOn.get("epsilon_if_fixed").asText().contains("depended on earlier results"));
    assertTrue(restsOn.get("epsilon").asText().contains("fixed beforehand"));
    JsonNode run = said.get("runs").get(0);
    assertEquals(1, said.get("runs").size());
    assertEquals(20, run.get("common_steps").asLong());
    assertEquals(30, run.get("branches").get(1).get("further_steps").asLong());
    for (int i = 0; i < 2; i++) {
      assertTrue(said.get("adapters").get(i).get("paid").asBoolean());
      assertEquals(
          List.of(one, other).get(i).resolve("ledger.jsonl").toString(),
          said.get("adapters").get(i).get("ledger").asText());
    }
    String words = account(one, other).succeeded().out();
    assertTrue(words.contains("at most 1 at delta 2e-5: the promises added up"), words);
    assertTrue(words.contains("20 steps before it was copied and went on in 2 places"), words);
    assertTrue(words.contains("depended on earlier results"), words);
  }

  @Test
  void anAdapterThatTheLedgerDidNotPayForIsChargedAsABranch() {
    JsonNode said =
        account(List.of(one), List.of(one, other), "--json").answeredNo(other.toString()).object();
    assertEquals(100, said.get("steps").asLong(), "50, and all 50 that the copy can have charged");
    assertTrue(said.get("adapters").get(0).get("paid").asBoolean());
    assertFalse(said.get("adapters").get(1).get("paid").asBoolean());
    assertNull(said.get("adapters").get(1).get("ledger").textValue());
    String words = account(List.of(one), List.of(other)).answeredNo(other + ": not paid for").out();
    assertTrue(words.contains("is NOT paid for: a copy of this run went on elsewhere"), words);
  }

  @Test
  void oneLedgerIsSaidAsBeforeWithItsAdapter() {
    JsonNode alone = account(List.of(one), List.of(), "--json").json();
    JsonNode said = account(List.of(one), List.of(one), "--json").json();
    assertFalse(alone.has("adapters"));
    assertEquals(alone.get("epsilon"), said.get("epsilon"));
    assertEquals(50, said.get("steps").asLong());
    assertTrue(said.get("adapters").get(0).get("paid").asBoolean());
    assertEquals(32, said.get("run").asText().length());
    assertEquals(
        Sha256.ofFile(one.resolve(LedgerContents.ADAPTER)),
        said.get("release").get(0).get(LedgerContents.ADAPTER).asText());
    String words = account(List.of(one), List.of(one)).succeeded().out();
    assertEquals("2".repeat(64), said.get("starting_adapter").asText());
    assertTrue(words.contains("2222; if it was trained on the same data, give its ledger"), words);
    assertTrue(words.contains("is paid for by " + one.resolve("ledger.jsonl")), words);
  }

  @Test
  void theSameRunTwiceCountsOnceAndIsSaidSo() {
    CommandRun twice = account(one, one).succeeded();
    assertTrue(twice.out().contains("is the same run"), twice.out());
    assertEquals(
        account(List.of(one), List.of(), "--json").json().get("epsilon"),
        account(List.of(one, one), List.of(), "--json").json().get("epsilon"));
  }

  @Test
  void whatIsMissingIsNamed() {
    CommandRun.of("account", "--adapter", one.toString()).refused("--ledger is missing");
    account(List.of(one), List.of(dir.resolve("nowhere"))).refused("nowhere");
    account(List.of(one, dir.resolve("nowhere")), List.of()).refused("nowhere", "no such ledger");
  }
}
