package dev.sotto.base;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What may be opened for reading: a pipe without a writer would be waited for without end. */
public final class PlainFile {
  private PlainFile() {}

  /**
   * Refuses a directory, pipe, socket or device. A path at which there is nothing passes, so that
   * opening it says so.
   *
   * @param file to be read
   * @return the file
   * @throws InputException if it is there and no file
   */
  public static Path require(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new InputException(
          file
              + (Files.isDirectory(file)
                  ? ": is a directory; name a file in it"
                  : ": is a pipe, a socket or a device; write its content to a file and name that"));
    }
    return file;
  }

  /**
   * All of a text file.
   *
   * @throws InputException if it is no file, missing, unreadable or not UTF-8
   */
  public static String text(Path file) {
    try {
      return Files.readString(require(file));
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    }
  }

  /** What reads the beginning of a file and keeps its channel. */
  @FunctionalInterface
  public interface Opening<T> {
    T read(FileChannel channel) throws IOException;
  }

  /**
   * Opens a file that stays open. Where reading it fails, it is closed.
   *
   * @param file to be read
   * @param opening takes the open channel; what it gives closes it from then on
   * @throws InputException if it is no file, missing or unreadable, or {@code opening} refuses it
   */
  public static <T> T open(Path file, Opening<T> opening) {
    FileChannel channel = null;
    try {
      channel = FileChannel.open(require(file), StandardOpenOption.READ);
      T opened = opening.read(channel);
      channel = null;
      return opened;
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": no such file; check the path", e);
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    } finally {
      Quietly.close(channel);
    }
  }
}
