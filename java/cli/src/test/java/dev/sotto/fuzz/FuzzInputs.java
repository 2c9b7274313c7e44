package dev.sotto.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The inputs in the tree: seeds, and what was found, under the name of what it showed. */
final class FuzzInputs {
  private FuzzInputs() {}

  static Path root() {
    return Path.of(System.getProperty("sotto.root", "../..")).resolve("java/cli/src/test/fuzz");
  }

  static Path of(FuzzTarget target) {
    return root().resolve(target.id());
  }

  /** In the order of their names. */
  static List<Path> files(FuzzTarget target) {
    try (Stream<Path> files = Files.list(of(target))) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
