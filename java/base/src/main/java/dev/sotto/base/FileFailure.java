package dev.sotto.base;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a refusal of the file system means to whoever named the path: the one place where its
 * exceptions become lines.
 *
 * <p>Only what the system itself says is ever shown, and paths. The message of a decoder or parser,
 * which is an {@link IOException} too, may quote the file and is withheld.
 */
public final class FileFailure {
  /** What the system says, by a part of its own words, and what that means. */
  private static final Map<String, String> MEANINGS =
      Map.of(
          "symbolic link", "its symbolic links lead in a circle",
          "Permission denied", "permission denied",
          "Operation not permitted", "permission denied",
          "Not a directory", "a part of the path is a file where a directory belongs",
          "Is a directory", "it is a directory",
          "Read-only file system", "the file system is read-only",
          "File name too long", "the name is too long");

  private FileFailure() {}

  /**
   * The refusal of a path that cannot be read.
   *
   * @return one line with path, reason and fix
   */
  public static InputException cannotBeRead(Path path, IOException e) {
    return refused(path, "read", e, "check the path and your rights to it, or name another");
  }

  /**
   * The refusal of a file that cannot be written.
   *
   * @return one line with path, reason and fix
   */
  public static InputException cannotBeWritten(Path path, IOException e) {
    return refused(path, "written", e, "choose a directory where you may create files");
  }

  /**
   * The refusal of a directory that cannot be made.
   *
   * @return one line with path, reason and fix
   */
  public static InputException cannotBeMade(Path path, IOException e) {
    return refused(path, "made", e, "choose a directory where you may create files");
  }

  /**
   * The refusal of a path that cannot be deleted.
   *
   * @return one line with path, reason and fix
   */
  public static InputException cannotBeDeleted(Path path, IOException e) {
    return refused(path, "deleted", e, "delete it yourself");
  }

  private static InputException refused(Path path, String verb, IOException e, String fix) {
    String why = why(e);
    if (e instanceof NoSuchFileException missing) {
      why =
          !verb.equals("read")
              ? "its directory is not there"
              : path.toString().equals(missing.getFile()) ? "there is no such file" : why;
    }
    return new InputException(
        path
            + ": cannot be "
            + verb
            + ": "
            + why
            + "; "
            + (isFull(e) ? "free space on the disk" : fix),
        e);
  }

  /**
   * Why the system refused, in a few words without a fix.
   *
   * @return for example {@code permission denied}
   */
  public static String why(IOException e) {
    if (e instanceof NoSuchFileException missing) {
      return missing.getFile() + " is not there";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileSystemLoopException) {
      return MEANINGS.get("symbolic link");
    }
    if (e instanceof NotDirectoryException) {
      return MEANINGS.get("Not a directory");
    }
    if (e instanceof FileAlreadyExistsException inTheWay) {
      return inTheWay.getFile() + " is a file";
    }
    if (e instanceof CharacterCodingException) {
      return "it is no text in UTF-8";
    }
    String said = said(e);
    return MEANINGS.entrySet().stream()
        .filter(meaning -> said.contains(meaning.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(said);
  }

  private static boolean isFull(IOException e) {
    String said = said(e);
    return said.contains("No space left") || said.contains("Disk quota exceeded");
  }

  /** What the system said; of other exceptions the class alone. */
  private static String said(IOException e) {
    String said =
        e instanceof FileSystemException refusal
            ? refusal.getReason()
            : e.getClass() == IOException.class ? e.getMessage() : null;
    return said == null ? e.getClass().getSimpleName() : said;
  }
}
