package dev.sotto.data;

import dev.sotto.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file whose records are treated as public, beside a private one. */
public final class PublicFile {
  private PublicFile() {}

  /**
   * Refuses the private file under another name: what stands in a public file has no protection. A
   * file is known by its place on the disk, so links of both kinds are found out and copies are
   * not. Records are not compared: whether the files share one is private.
   *
   * @param publicFile named as public
   * @param privateFile the records to protect
   * @throws InputException if both are one file
   */
  public static void requireOther(Path publicFile, Path privateFile) {
    if (same(publicFile, privateFile)) {
      throw new InputException(
          publicFile
              + ": is the same file as the private "
              + privateFile
              + "; what stands in a public file has no protection, so name another file");
    }
  }

  private static boolean same(Path one, Path other) {
    try {
      return Files.isSameFile(one, other);
    } catch (IOException e) {
      // One of them is not there, and whoever reads it will say so.
      return false;
    }
  }
}
