package dev.sotto.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
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

  @Test
  void filesOfAnOwnersDirectoryAreTheOwners() throws IOException {
    Path open = Files.createDirectory(dir.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    AtomicFile.write(open.resolve("f"), new byte[1]);
    assertTrue(permissions(open.resolve("f")).startsWith("rw-r"), permissions(open.resolve("f")));
    Path own = dir.resolve("own");
    DurableDirectory.createOwnerOnly(own);
    assertEquals("rwx------", permissions(own));
    AtomicFile.write(own.resolve("f"), new byte[1]);
    assertEquals("rw-------", permissions(own.resolve("f")));
    Files.writeString(own.resolve("written"), "new");
    AtomicFile.adopt(own.resolve("written"), own.resolve("f"));
    assertEquals("rw-------", permissions(own.resolve("f")));
    assertEquals("new", Files.readString(own.resolve("f")));
    assertFalse(Files.exists(own.resolve("written")));
    Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxr-xr-x"));
    DurableDirectory.createOwnerOnly(own);
    assertEquals("rwx------", permissions(own), "closed again");
    Files.createSymbolicLink(dir.resolve("link"), open);
    assertThrows(InputException.class, () -> DurableDirectory.createOwnerOnly(dir.resolve("link")));
  }

  @Test
  void parentsAreMade() {
    Path deep = dir.resolve("a").resolve("b").resolve("c");
    DurableDirectory.create(deep);
    DurableDirectory.create(deep);
    assertTrue(Files.isDirectory(deep));
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
