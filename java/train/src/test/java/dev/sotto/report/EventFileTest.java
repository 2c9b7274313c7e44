package dev.sotto.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sotto.base.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
  @TempDir Path dir;

  /** Written by TensorBoard 2.21's own RecordWriter and Event. */
  @Test
  void theBytesAreTensorBoardsOwn() throws Exception {
    Path file = dir.resolve("events.out.tfevents.1700000000.sotto.0");
    try (EventFile events = new EventFile(file, 1_700_000_000)) {
      events.scalars(3, new TreeMap<>(Map.of("a/b", 1.5, "c", -0.25)));
    }
    assertEquals(
        "1800000000000000a37f4b220900000040fc54d9411a0d627261696e2e4576656e743a32eced8f9d"
            + "2300000000000000b09f7743090000c040fc54d94110032a160a0a0a03612f62150000c03f0a080a"
            + "016315000080bee41dae19",
        HexFormat.of().formatHex(Files.readAllBytes(file)));
  }

  @Test
  void aFileThatIsThereIsLeftAlone() throws Exception {
    Path file = Files.writeString(dir.resolve("events.out.tfevents.1"), "mine");
    assertThrows(InputException.class, () -> new EventFile(file, 1));
    assertEquals("mine", Files.readString(file));
  }
}
