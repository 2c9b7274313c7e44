package dev.sotto.cli;

import dev.sotto.data.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** An output directory that nothing is lost in. */
final class FreshDirectory {
  private FreshDirectory() {}

  /**
   * Checks that a directory is new or empty; touches nothing.
   *
   * @throws InputException if it is a file, holds something or cannot be read
   */
  static void require(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    if (!Files.isDirectory(directory)) {
      throw new InputException(directory + ": is a file; give another directory with --output");
    }
    try (Stream<Path> entries = Files.list(directory)) {
      if (entries.findAny().isPresent()) {
        throw new InputException(directory + ": is not empty; give another with --output");
      }
    } catch (IOException e) {
      throw new InputException(
          directory + ": cannot be read (" + e + "); give another with --output", e);
    }
  }
}
