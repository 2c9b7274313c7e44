package dev.sotto.data;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Real files that lie beside the checkout; tests that want them skip where they are absent. */
public final class SharedFiles {
  private SharedFiles() {}

  /** The file or directory at a path below the shared directory, or the test is skipped. */
  public static Path require(String relative) {
    Path path = Path.of(System.getProperty("sotto.shared", "../shared")).resolve(relative);
    Assumptions.assumeTrue(Files.exists(path), () -> "not here: " + path);
    return path;
  }
}
