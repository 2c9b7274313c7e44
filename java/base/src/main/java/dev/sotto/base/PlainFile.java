package dev.sotto.base;

import java.nio.file.Files;
import java.nio.file.Path;

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
}
