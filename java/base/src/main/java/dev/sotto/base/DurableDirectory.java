package dev.sotto.base;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Directories whose entries outlive a power failure. Forcing a file keeps its bytes, not its name:
 * after a file was created, renamed or deleted its directory must be forced too. Everything durable
 * goes through {@link #force}.
 */
public final class DurableDirectory {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private DurableDirectory() {}

  /**
   * Forces the names in a directory to the disk.
   *
   * @param directory where a file was created, renamed or deleted
   */
  public static void force(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Not every file system can force a directory; what was done there has succeeded.
    }
  }

  /**
   * Makes a directory and its parents, and forces the name of every one that was made.
   *
   * @param directory may exist
   * @throws InputException if it cannot be made
   */
  public static void create(Path directory) {
    Path absolute = directory.toAbsolutePath();
    Path existing = absolute;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    try {
      Files.createDirectories(absolute);
    } catch (IOException e) {
      throw FileFailure.cannotBeMade(directory, e);
    }
    for (Path made = absolute; !made.equals(existing); made = made.getParent()) {
      force(made.getParent());
    }
  }

  /**
   * Makes a directory that its owner alone may enter (mode 0700); one that exists is closed to
   * others.
   *
   * @param directory its parent must exist
   * @throws InputException if it cannot be made, is a link, or belongs to another account
   */
  public static void createOwnerOnly(Path directory) {
    try {
      if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        force(directory.toAbsolutePath().getParent());
      } else if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        throw new InputException(directory + ": is no directory; remove it");
      }
      Files.setPosixFilePermissions(directory, OWNER_ONLY);
    } catch (IOException e) {
      throw FileFailure.cannotBeMade(directory, e);
    }
  }

  /**
   * Whether a directory's owner alone may enter it, so that files made in it are the owner's too.
   */
  static boolean isOwnerOnly(Path directory) throws IOException {
    return OWNER_ONLY.containsAll(Files.getPosixFilePermissions(directory));
  }
}
