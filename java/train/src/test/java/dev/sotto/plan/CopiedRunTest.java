package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.ledger.ComposedSpending;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.ledger.RunSpending;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run directory that is copied and resumed twice gives two adapters, and is found out. */
class CopiedRunTest {
  @TempDir Path dir;

  @Test
  void bothCopiesAreChargedAndTheirAdaptersToldApart() throws IOException {
    Runs runs = Runs.in(dir);
    assertThrows(IllegalStateException.class, () -> runs.run(stopAfter(3)));
    Path original = runs.output;
    Path copy = dir.resolve("copy");
    copy(original, copy);
    runs.resume = true;
    runs.run();
    float[] one = runs.weights();
    runs.output = copy;
    runs.run();
    assertFalse(Arrays.equals(one, runs.weights()), "two releases with noise of their own");

    List<Path> ledgers = List.of(original.resolve("ledger.jsonl"), copy.resolve("ledger.jsonl"));
    assertEquals(
        LedgerReader.read(ledgers.get(0)).charges(),
        LedgerReader.read(ledgers.get(1)).charges(),
        "the charges alone do not tell them apart");
    ComposedSpending both = ComposedSpending.read(ledgers, List.of(original, copy));
    RunSpending run = both.runs().get(0);
    assertTrue(run.forked());
    assertEquals(3, run.commonSteps());
    assertEquals(3 + 3 + 3, both.chargedSteps());
    assertEquals(2 * run.header().target().epsilon(), both.promisedEpsilon());
    for (int i = 0; i < 2; i++) {
      assertEquals(ledgers.get(i), both.payments().get(i).ledger());
    }

    ComposedSpending hidden = ComposedSpending.read(ledgers.subList(0, 1), List.of(original, copy));
    assertTrue(hidden.payments().get(0).paid());
    assertFalse(hidden.payments().get(1).paid());
    assertEquals(6 + 6, hidden.chargedSteps());
  }

  private static FinetuneProgress stopAfter(long last) {
    return new FinetuneProgress() {
      @Override
      public void step(long step, long steps, double epsilon) {
        if (step == last) {
          throw new IllegalStateException("pulled the plug");
        }
      }
    };
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }
}
