package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.noise.NoiseLaw;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows of an account is what is printed of a run with those settings. */
class ReadmeTest {
  private static final String ACCOUNT = "    $ ./sotto account --ledger run/ledger.jsonl";
  private static final long UNITS = 42_061;
  private static final int STEPS = 150;

  /** Rank 8 on seven projections of five layers: 64 channels, 32 of keys and values, 172 inside. */
  private static final long COORDINATES = 5 * 8 * (2 * (64 + 64) + 2 * (64 + 32) + 3 * (64 + 172));

  @TempDir Path dir;

  private Path ledger() {
    double z =
        CommandRun.of(
                ("plan --epsilon 3 --delta 1e-5 --units %d --batch-size 512 --steps %d"
                        + " --parameters %d --json")
                    .formatted(UNITS, STEPS, COORDINATES)
                    .split(" "))
            .json()
            .get("noise_multiplier")
            .asDouble();
    double q = 512.0 / UNITS;
    PoissonSampledEvent step = new PoissonSampledEvent(q, GaussianEvent.ofMultiplier(z));
    LedgerHeader header =
        new LedgerHeader(
            LedgerHeader.Neighbours.ofUnits("record", UNITS),
            new LedgerHeader.Target(3, 1e-5, "pld"),
            new LedgerHeader.Sampling(q, STEPS),
            new LedgerHeader.Noise(NoiseLaw.Kind.GAUSSIAN, z, step.event(), COORDINATES),
            null,
            false,
            new LedgerHeader.Inputs("0".repeat(64), "1".repeat(64), null));
    Path file = dir.resolve("ledger.jsonl");
    try (Ledger ledger = Ledger.create(file, header)) {
      for (long i = 1; i <= STEPS; i++) {
        ledger.reserve(i, step);
        ledger.commit(i);
      }
    }
    return file;
  }

  @Test
  void theAccountIsWhatIsPrinted() throws IOException {
    List<String> page = Files.readAllLines(Path.of(System.getProperty("sotto.root"), "README.md"));
    int from = page.indexOf(ACCOUNT) + 1;
    int to = from;
    while (page.get(to).isEmpty() || page.get(to).startsWith("    ")) {
      to++;
    }
    String shown =
        String.join("\n", page.subList(from, to)).replaceAll("(?m)^    ", "").stripTrailing();
    String printed =
        CommandRun.of("account", "--ledger", ledger().toString()).succeeded().out().stripTrailing();
    assertEquals(printed, shown);
  }
}
