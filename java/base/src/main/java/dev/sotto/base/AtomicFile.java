package dev.sotto.base;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Writes a file whole or not at all.
 *
 * <p>The bytes go to a sibling named {@code .NAME.tmp}, are forced to the disk, and take the final
 * name in one atomic rename; the directory is forced after it. A reader, or a run resumed after a
 * crash, sees the old file or the new one. The sibling's name is fixed, so that one left by a
 * killed process is overwritten by the next write and never accumulates. In a directory that its
 * owner alone may enter, the file too is its owner's alone (mode 0600).
 */
public final class AtomicFile {
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(
          EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));

  private AtomicFile() {}

  /** What is to be written. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes everything.
     *
     * @param channel where to; not to be closed
     * @throws IOException if writing fails
     */
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /**
   * Writes a file.
   *
   * @param file the final name; replaced if it exists
   * @param content what to write
   * @throws InputException if it cannot be written (full disk, no permission, missing directory);
   *     an older file of that name is then untouched and nothing else is left behind
   */
  public static void write(Path file, Content content) {
    Path absolute = file.toAbsolutePath();
    Path temporary = absolute.resolveSibling("." + absolute.getFileName() + ".tmp");
    try {
      try (FileChannel channel = open(temporary)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(
          temporary, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      delete(temporary);
      throw FileFailure.cannotBeWritten(file, e);
    } catch (RuntimeException e) {
      delete(temporary);
      throw e;
    }
    DurableDirectory.force(absolute.getParent());
  }

  /**
   * Writes a file of the given bytes.
   *
   * @param file the final name; replaced if it exists
   * @param bytes its content
   * @throws InputException as {@link #write(Path, Content)}
   */
  public static void write(Path file, byte[] bytes) {
    write(
        file,
        channel -> {
          ByteBuffer rest = ByteBuffer.wrap(bytes);
          while (rest.hasRemaining()) {
            channel.write(rest);
          }
        });
  }

  /**
   * Gives a file that another writer has finished its final name, as durably as {@link #write}.
   *
   * @param written in the same directory; gone when this returns
   * @param file the final name; replaced if it exists
   * @throws InputException if that fails
   */
  public static void adopt(Path written, Path file) {
    Path directory = file.toAbsolutePath().getParent();
    try {
      if (DurableDirectory.isOwnerOnly(directory)) {
        Files.setPosixFilePermissions(written, OWNER_ONLY.value());
      }
      try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(
          written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw FileFailure.cannotBeWritten(file, e);
    }
    DurableDirectory.force(directory);
  }

  private static FileChannel open(Path temporary) throws IOException {
    Set<StandardOpenOption> fresh =
        Set.of(
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    return DurableDirectory.isOwnerOnly(temporary.getParent())
        ? FileChannel.open(temporary, fresh, OWNER_ONLY)
        : FileChannel.open(temporary, fresh);
  }

  private static void delete(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // The failure that led here is the one to report.
    }
  }
}
