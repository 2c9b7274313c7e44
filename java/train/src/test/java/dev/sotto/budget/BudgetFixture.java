package dev.sotto.budget;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.RdpAccountant;
import dev.sotto.ledger.Ledger;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.ledger.LedgerLine;
import dev.sotto.noise.NoiseLaw;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Promises of runs that need no model, and books for them. */
final class BudgetFixture {
  static final double Q = 0.01;
  static final double Z = 1.1;
  static final double DELTA = 1e-6;
  static final StepsRule STEPS = new StepsRule(Q, Z, 100);
  static final RenyiRule RENYI = new RenyiRule(8);

  private BudgetFixture() {}

  /** Changes one thing at a time. */
  static final class Promise {
    String unit = "record";
    String relation = "ADD_OR_REMOVE_ONE";
    double epsilon = 1;
    double delta = DELTA;
    double q = Q;
    double z = Z;
    long steps = 10;
    LedgerHeader.Stage first;
    String accountant = "pld";
    LedgerHeader.Control control;
    boolean seeded;

    LedgerHeader header() {
      return new LedgerHeader(
          new LedgerHeader.Neighbours(relation, unit, 1000),
          new LedgerHeader.Target(epsilon, delta, accountant),
          new LedgerHeader.Sampling(q, steps, first),
          new LedgerHeader.Noise(NoiseLaw.Kind.GAUSSIAN, z, GaussianEvent.ofMultiplier(z), 10),
          control,
          seeded,
          new LedgerHeader.Inputs("0".repeat(64), "1".repeat(64), null));
    }

    PoissonSampledEvent event() {
      return new PoissonSampledEvent(q, GaussianEvent.ofMultiplier(z));
    }
  }

  static BudgetTerms terms(double epsilon, double delta, BudgetRule rule) {
    return new BudgetTerms(
        LedgerLine.randomId(), "notes", "record", "ADD_OR_REMOVE_ONE", epsilon, delta, rule);
  }

  /** A total that holds 100 steps of the default promise, under each rule. */
  static BudgetTerms termsFor(String rule) {
    return switch (rule) {
      case SumRule.NAME -> terms(10, 1e-5, new SumRule());
      case RenyiRule.NAME -> terms(epsilonOfHundredSteps(), DELTA, RENYI);
      default ->
          terms(
              Accountant.pld().epsilonUpper(Calibration.run(Z * 0.999, Q, 100), DELTA),
              DELTA,
              STEPS);
    };
  }

  /** What the filter at order 8 needs for 100 steps, and a little for rounding. */
  static double epsilonOfHundredSteps() {
    double rho = new RdpAccountant().rdp(Calibration.run(Z, Q, 100), 8);
    return RdpAccountant.toEpsilon(rho * (1 + 1e-8), 8, DELTA);
  }

  static Path book(Path dir, BudgetTerms terms) {
    Path file = dir.resolve("book.jsonl");
    BudgetBook.create(file, terms);
    return file;
  }

  static Path ledger(Path run) {
    return run.resolve("ledger.jsonl");
  }

  /** Begins a run in a new directory and releases some steps; as if killed then. */
  static Path begun(Path book, Path run, Promise promise, int steps) {
    make(run);
    try (BookedRun booked = BookedRun.admit(book, promise.header());
        Ledger ledger = Ledger.create(ledger(run), promise.header())) {
      booked.begin(ledger);
      release(ledger, promise, steps);
    }
    return ledger(run);
  }

  /** Goes on with a run for some steps; as if killed then. */
  static void resumed(Path book, Path run, Promise promise, int steps) {
    try (BookedRun booked = BookedRun.readmit(book, promise.header(), ledger(run));
        Ledger ledger = Ledger.resume(ledger(run), promise.header())) {
      booked.begin(ledger);
      release(ledger, promise, steps);
    }
  }

  /** A run from start to end. */
  static void whole(Path book, Path run, Promise promise) {
    make(run);
    try (BookedRun booked = BookedRun.admit(book, promise.header())) {
      try (Ledger ledger = Ledger.create(ledger(run), promise.header())) {
        booked.begin(ledger);
        release(ledger, promise, (int) promise.steps);
      }
      booked.finish(ledger(run));
    }
  }

  static void release(Ledger ledger, Promise promise, int steps) {
    for (int i = 0; i < steps; i++) {
      long step = ledger.chargedSteps() + 1;
      ledger.reserve(step, promise.event());
      ledger.commit(step);
    }
  }

  /** A copy of a run's directory, without locks. */
  static Path copy(Path run, Path to) {
    make(to);
    try {
      for (String name : List.of("ledger.jsonl", "ledger.head")) {
        Files.copy(run.resolve(name), to.resolve(name));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return to;
  }

  private static void make(Path dir) {
    try {
      Files.createDirectories(dir);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
