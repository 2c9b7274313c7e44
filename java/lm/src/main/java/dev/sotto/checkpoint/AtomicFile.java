package dev.sotto.checkpoint;

import dev.sotto.data.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes a file whole or not at all.
 *
 * <p>The bytes go to a sibling named {@code .NAME.tmp}, are forced to the disk, and take the final
 * name in one atomic rename; the directory is forced after it. A reader, or a run resumed after a
 * crash, sees the old file or the new one. The sibling's name is fixed, so that one left by a
 * killed process is overwritten by the next write and never accumulates.
 */
public final class AtomicFile {
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
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(
          temporary, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      delete(temporary);
      throw new InputException(
          file
              + ": cannot be written ("
              + e
              + "); free space on the disk or choose a writable directory",
          e);
    } catch (RuntimeException e) {
      delete(temporary);
      throw e;
    }
    forceDirectory(absolute.getParent());
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

  private static void delete(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // The failure that led here is the one to report.
    }
  }

  private static void forceDirectory(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Not every file system can force a directory; the rename itself has succeeded.
    }
  }
}
