package dev.sotto.ledger;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.noise.NoiseLaw;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** One promise and the event that keeps it. */
final class LedgerFixture {
  static final double Q = 0.01;
  static final double Z = 1.1;
  static final int STEPS = 20;
  static final LedgerHeader.Inputs INPUTS =
      new LedgerHeader.Inputs("0".repeat(64), "1".repeat(64), null);
  static final LedgerHeader HEADER = header(STEPS, Z);
  static final PoissonSampledEvent EVENT = event(Q, Z);

  static final double FIRST_Q = 0.25;
  static final double FIRST_Z = 5;

  private LedgerFixture() {}

  static LedgerHeader header(long steps, double z) {
    return header("gaussian", z, event(Q, z).event(), steps, "rdp");
  }

  static LedgerHeader header(
      String mechanism, double z, PrivacyEvent release, long steps, String accountant) {
    return new LedgerHeader(
        LedgerHeader.Neighbours.ofUnits("record", 1000),
        new LedgerHeader.Target(3.0, 1e-5, accountant),
        new LedgerHeader.Sampling(Q, steps),
        new LedgerHeader.Noise(NoiseLaw.Kind.ofWord(mechanism), z, release, 10),
        null,
        false,
        INPUTS);
  }

  /** The fixture's promise of {@code steps} steps on other inputs. */
  static LedgerHeader header(long steps, LedgerHeader.Inputs inputs) {
    return changed("record", steps, null, inputs);
  }

  /** The fixture's promise, kept by a filter at a Renyi order. */
  static LedgerHeader filtered(double order) {
    return changed("record", STEPS, new LedgerHeader.Control("random", null, null, order), INPUTS);
  }

  /** The fixture's promise behind a first stage of {@code steps} steps with other noise. */
  static LedgerHeader staged(long steps) {
    PoissonSampledEvent event = event(FIRST_Q, FIRST_Z);
    LedgerHeader.Noise noise =
        new LedgerHeader.Noise(NoiseLaw.Kind.GAUSSIAN, FIRST_Z, event.event(), 4);
    return new LedgerHeader(
        HEADER.neighbours(),
        HEADER.target(),
        new LedgerHeader.Sampling(Q, STEPS, new LedgerHeader.Stage(FIRST_Q, steps, noise)),
        HEADER.noise(),
        null,
        false,
        INPUTS);
  }

  /** The fixture's promise for another privacy unit. */
  static LedgerHeader unit(String unit) {
    return changed(unit, STEPS, null, INPUTS);
  }

  private static LedgerHeader changed(
      String unit, long steps, LedgerHeader.Control control, LedgerHeader.Inputs inputs) {
    LedgerHeader h = header(steps, Z);
    String accountant = control == null ? h.target().accountant() : "rdp-filter";
    return new LedgerHeader(
        LedgerHeader.Neighbours.ofUnits(unit, h.neighbours().units()),
        new LedgerHeader.Target(h.target().epsilon(), h.target().delta(), accountant),
        h.sampling(),
        h.noise(),
        control,
        h.seeded(),
        inputs);
  }

  /** Two groups whose joint multiplier is {@code z}. */
  static PoissonSampledEvent event(double q, double z) {
    double s = z * Math.sqrt(2);
    return new PoissonSampledEvent(
        q, GaussianEvent.ofGroups(new double[] {0.3, 0.7}, new double[] {0.3 * s, 0.7 * s}));
  }

  static void steps(Ledger ledger, int from, int to) {
    for (int step = from; step <= to; step++) {
      ledger.reserve(step, EVENT);
      ledger.commit(step);
    }
  }

  /** A closed ledger of {@code steps} committed steps. */
  static Path written(Path dir, int steps) {
    Path file = dir.resolve("ledger.jsonl");
    try (Ledger ledger = Ledger.create(file, HEADER)) {
      steps(ledger, 1, steps);
    }
    return file;
  }

  static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void write(Path file, byte[] content) {
    try {
      Files.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> lines(Path file) {
    return new String(bytes(file), StandardCharsets.UTF_8).lines().toList();
  }

  static void writeLines(Path file, List<String> lines) {
    write(file, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Writes edited lines with the chain and the head mended, as somebody who forges would. */
  static void rechain(Path file, List<String> lines) {
    StringBuilder text = new StringBuilder();
    String previous = LedgerLine.NOTHING_BEFORE;
    for (String line : lines) {
      String chained =
          line.replaceFirst("\"previous\":\"[0-9a-f]{64}\"", "\"previous\":\"" + previous + "\"");
      previous = LedgerLine.hash(chained.getBytes(StandardCharsets.UTF_8));
      text.append(chained).append('\n');
    }
    byte[] content = text.toString().getBytes(StandardCharsets.UTF_8);
    write(file, content);
    write(LedgerReader.head(file), headOf(content));
  }

  /**
   * The head a crash leaves when these bytes reached the file: it counts whole durable lines only.
   */
  static byte[] headOf(byte[] content) {
    long lines = 0;
    long counted = 0;
    String hash = LedgerLine.NOTHING_BEFORE;
    int from = 0;
    for (int i = 0; i < content.length; i++) {
      if (content[i] == '\n') {
        byte[] line = Arrays.copyOfRange(content, from, i);
        from = i + 1;
        lines++;
        String text = new String(line, StandardCharsets.UTF_8);
        if (!text.contains("\"commit\"") && !text.contains("\"kind\":\"event\"")) {
          counted = lines;
          hash = LedgerLine.hash(line);
        }
      }
    }
    return new ChainHead(counted, hash).bytes();
  }
}
