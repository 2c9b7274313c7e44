package dev.sotto.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.data.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path dir;

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void replacesAFileWhole() throws IOException {
    Path file = dir.resolve("f");
    AtomicFile.write(file, "one".getBytes());
    AtomicFile.write(file, "two".getBytes());
    assertEquals("two", Files.readString(file));
    assertEquals(List.of("f"), names());
  }

  @Test
  void fullDiskLeavesTheOldFileAndNothingElse() throws IOException {
    Path device = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(device), "no /dev/full here");
    Path file = dir.resolve("f");
    AtomicFile.write(file, "old".getBytes());
    InputException e =
        assertThrows(
            InputException.class,
            () ->
                AtomicFile.write(
                    file,
                    channel -> {
                      channel.write(ByteBuffer.wrap("half of the new".getBytes()));
                      try (FileChannel full = FileChannel.open(device, StandardOpenOption.WRITE)) {
                        full.write(ByteBuffer.wrap(new byte[4096]));
                      }
                    }));
    assertTrue(e.getMessage().contains("No space left on device"), e.getMessage());
    assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("f"), names());
  }

  @Test
  void failureOfTheContentLeavesNothing() throws IOException {
    assertThrows(
        IllegalStateException.class,
        () ->
            AtomicFile.write(
                dir.resolve("f"),
                channel -> {
                  throw new IllegalStateException();
                }));
    assertEquals(List.of(), names());
  }

  @Test
  void overwritesWhatAKilledProcessLeft() throws IOException {
    Files.writeString(dir.resolve(".f.tmp"), "a longer text than the new one");
    AtomicFile.write(dir.resolve("f"), "new".getBytes());
    assertEquals(List.of("f"), names());
    assertEquals("new", Files.readString(dir.resolve("f")));
  }

  @Test
  void missingDirectoryIsNamed() {
    Path file = dir.resolve("none").resolve("f");
    InputException e =
        assertThrows(InputException.class, () -> AtomicFile.write(file, new byte[1]));
    assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
  }
}
