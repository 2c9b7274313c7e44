package dev.sotto.plan;

import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;

/** An output directory in which nothing can be lost. */
public final class FreshDirectory {
  private FreshDirectory() {}

  /**
   * Checks that a directory is new or empty and can be written; touches nothing.
   *
   * @param directory the output
   * @param remedy what to do when it holds something, for example "choose another"
   * @throws InputException if it is a file, holds something, or cannot be read or made
   */
  public static void require(Path directory, String remedy) {
    if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(directory)) {
      throw new InputException(
          directory
              + (Files.isSymbolicLink(directory)
                  ? ": the output is a symbolic link that leads to no directory"
                  : ": the output is a file")
              + "; choose another directory");
    }
    if (Files.isDirectory(directory)) {
      try (Stream<Path> entries = Files.list(directory)) {
        if (entries.findAny().isPresent()) {
          throw new InputException(directory + ": the output directory is not empty; " + remedy);
        }
      } catch (IOException e) {
        throw FileFailure.cannotBeRead(directory, e);
      }
    }
    Path parent = directory.toAbsolutePath();
    while (parent != null && !Files.exists(parent)) {
      parent = parent.getParent();
    }
    if (parent == null || !Files.isDirectory(parent) || !Files.isWritable(parent)) {
      throw new InputException(
          directory
              + ": cannot be made: "
              + parent
              + (parent == null || Files.isDirectory(parent)
                  ? " may not be written to"
                  : " is a file")
              + "; choose a directory where you may create files");
    }
  }
}
