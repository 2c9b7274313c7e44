package dev.sotto.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.trainer.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes at one ledger, and a disk that fills up. */
class LedgerProcessesTest {
  private static final LedgerHeader HEADER = LedgerFixture.header(100_000, LedgerFixture.Z);

  @TempDir Path dir;

  @Test
  void anotherProcessIsRefusedEvenAfterTheLedgerWasRead() throws IOException {
    Path file = dir.resolve("ledger.jsonl");
    Ledger.create(file, HEADER).close();
    try (Ledger ledger = Ledger.resume(file, HEADER)) {
      LedgerFixture.steps(ledger, 1, 2);
      LedgerReader.read(file);
      String child =
          ChildJvm.output(ChildJvm.start(List.of(), LedgerWriter.class, file.toString(), "3"));
      assertTrue(child.contains("refused " + file + ": another process"), child);
      assertTrue(child.contains("charged 0"), child);
      LedgerFixture.steps(ledger, 3, 3);
    }
    assertEquals(3, LedgerReader.read(file).chargedSteps());
    String child =
        ChildJvm.output(ChildJvm.start(List.of(), LedgerWriter.class, file.toString(), "2"));
    assertTrue(child.contains("charged 2"), child);
    assertEquals(5, LedgerReader.read(file).chargedSteps());
  }

  /** The file size limit makes writes fail as a full disk does, at any byte. */
  @Test
  void aFullDiskStopsTheRunAndLosesNoCharge() throws IOException {
    Path bash = Path.of("/bin/bash");
    Assumptions.assumeTrue(Files.isExecutable(bash), "no bash to limit a file's size with");
    Path file = dir.resolve("ledger.jsonl");
    List<String> limited = List.of(bash.toString(), "-c", "ulimit -f 8; exec \"$@\"", "bash");
    String child =
        ChildJvm.output(ChildJvm.start(limited, LedgerWriter.class, file.toString(), "10000"));
    assertTrue(child.contains("refused " + file + ": the ledger cannot be written"), child);
    String last = child.strip().lines().reduce((a, b) -> b).orElseThrow();
    assertTrue(last.startsWith("charged "), child);
    int charged = Integer.parseInt(last.substring("charged ".length()));
    assertTrue(charged > 5, child);
    assertTrue(LedgerReader.read(file).chargedSteps() >= charged, child);
    try (Ledger ledger = Ledger.resume(file, HEADER)) {
      assertTrue(ledger.chargedSteps() >= charged);
      LedgerFixture.steps(ledger, (int) ledger.chargedSteps() + 1, (int) ledger.chargedSteps() + 1);
    }
    assertTrue(LedgerReader.read(file).chargedSteps() > charged);
  }

  @Test
  void aDeviceWithoutSpaceIsOneClearLine() throws IOException {
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full), "no /dev/full on this system");
    Path file = dir.resolve("ledger.jsonl");
    Files.createSymbolicLink(LedgerReader.head(file), full);
    InputException e = assertThrows(InputException.class, () -> Ledger.create(file, HEADER));
    assertTrue(
        e.getMessage().startsWith(file + ": the ledger cannot be written: "), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
    assertEquals(0, Files.size(file), "nothing was promised");
    Files.delete(LedgerReader.head(file));
  }
}
