package dev.sotto.ledger;

import dev.sotto.base.InputException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The child of {@link LedgerProcessesTest}: charges steps to a ledger and says how far it came. */
final class LedgerWriter {
  private LedgerWriter() {}

  /** Arguments: the ledger, steps to charge. */
  public static void main(String[] arguments) {
    Path file = Path.of(arguments[0]);
    int steps = Integer.parseInt(arguments[1]);
    LedgerHeader header = LedgerFixture.header(100_000, LedgerFixture.Z);
    int done = 0;
    try (Ledger ledger =
        Files.exists(file) ? Ledger.resume(file, header) : Ledger.create(file, header)) {
      System.out.println("opened");
      for (int i = 0; i < steps; i++) {
        long step = ledger.chargedSteps() + 1;
        ledger.reserve(step, LedgerFixture.EVENT);
        done++;
        ledger.commit(step);
      }
    } catch (InputException e) {
      System.out.println("refused " + e.getMessage());
    }
    System.out.println("charged " + done);
  }
}
