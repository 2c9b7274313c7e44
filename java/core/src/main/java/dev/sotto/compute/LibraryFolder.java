package dev.sotto.compute;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where native libraries are unpacked before they are loaded. Whoever can write there can run code
 * as this account, so a folder serves only if it and every folder above it belong to this account
 * or to root, and no other account can write them.
 *
 * <p>The folder is the one that the environment variable {@code SOTTO_CACHE} names, else {@code
 * .cache/sotto} in the home directory. Without a home directory of one's own it is a fresh private
 * folder in the temporary directory, which goes when the JVM ends.
 */
public final class LibraryFolder {
  /** The environment variable, or system property, that moves the folder. */
  public static final String SETTING = "SOTTO_CACHE";

  private static final String REMEDY =
      "; set " + SETTING + " to a folder that belongs to you and that nobody else can write";
  private static final int OTHERS_WRITE = 0002;
  private static final int GROUP_WRITES = 0020;
  private static final int OTHERS_ENTER = 0011;
  private static final int STICKY = 01000;
  private static final int TYPE = 0170000;
  private static final int LINK = 0120000;

  private static Path temporary;

  private LibraryFolder() {}

  /**
   * Sees to it that a library which unpacks native code does so in a safe folder.
   *
   * @param setting the system property by which that library is told where. If it is set, or an
   *     environment variable of that name is, it is kept, and the folder it names is checked
   * @param name of the library's own folder within this one
   * @throws UnsafeFolderException if there is no safe folder, or the one named is not safe
   */
  public static synchronized void use(String setting, String name) {
    String named = value(setting);
    if (named != null) {
      own(Path.of(named).toAbsolutePath());
    } else {
      System.setProperty(setting, folder(name).toString());
    }
  }

  /**
   * Where a library unpacks.
   *
   * @param setting as for {@link #use}
   * @return the folder; empty before {@link #use}
   */
  public static String of(String setting) {
    String named = value(setting);
    return named == null ? "" : named;
  }

  private static Path folder(String name) {
    String named = value(SETTING);
    if (named != null) {
      return own(Path.of(named).toAbsolutePath().resolve(name));
    }
    Path home = Path.of(System.getProperty("user.home", ""));
    if (home.isAbsolute() && Files.isDirectory(home)) {
      try {
        return own(home.resolve(".cache/sotto").resolve(name));
      } catch (UnsafeFolderException e) {
        // Then a folder that is new, as for an account without a home directory.
      }
    }
    if (temporary == null) {
      temporary = fresh(Path.of(System.getProperty("java.io.tmpdir")), home);
    }
    return own(temporary.resolve(name));
  }

  /** The environment before the properties, as the libraries themselves have it; null for none. */
  private static String value(String setting) {
    String value = System.getenv().getOrDefault(setting, System.getProperty(setting));
    return value == null || value.isEmpty() ? null : value;
  }

  private static Path fresh(Path parent, Path home) {
    try {
      Path folder = Files.createTempDirectory(parent, "sotto-").toRealPath();
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
      return folder;
    } catch (IOException e) {
      throw new UnsafeFolderException(
          parent
              + ": this temporary directory cannot be written ("
              + reason(e)
              + "), and the home directory "
              + home
              + " does not serve to unpack native libraries in"
              + REMEDY,
          e);
    }
  }

  /** Makes the folder if need be, for this account alone, and checks it. */
  private static Path own(Path folder) {
    try {
      Files.createDirectories(folder.getParent());
      try {
        Files.createDirectory(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } catch (FileAlreadyExistsException e) {
        // Whose it is and who may write it is checked below.
      }
      Path real = folder.toRealPath();
      requireSafe(real);
      if (!Files.isDirectory(real) || !Files.isWritable(real)) {
        throw new IOException("it is no folder that this account can write");
      }
      return real;
    } catch (IOException e) {
      throw new UnsafeFolderException(
          folder + ": native libraries cannot be unpacked there (" + reason(e) + ")" + REMEDY, e);
    }
  }

  /**
   * Checks a folder, all above it, and, where others can enter it, all that it holds.
   *
   * @param folder a real path
   */
  private static void requireSafe(Path folder) throws IOException {
    int account = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    requireSafe(folder, account, false);
    for (Path path = folder.getParent(); path != null; path = path.getParent()) {
      requireSafe(path, account, true);
    }
    if (((Integer) Files.getAttribute(folder, "unix:mode") & OTHERS_ENTER) != 0) {
      try (Stream<Path> held = Files.walk(folder)) {
        for (Path path : (Iterable<Path>) held::iterator) {
          requireSafe(path, account, false);
        }
      }
    }
  }

  private static void requireSafe(Path path, int account, boolean above) throws IOException {
    Map<String, Object> found =
        Files.readAttributes(path, "unix:uid,mode,owner,group", LinkOption.NOFOLLOW_LINKS);
    int owner = (Integer) found.get("uid");
    if (owner != account && !(above && owner == 0)) {
      throw unsafe(path, "belongs to the account " + found.get("owner"));
    }
    int mode = (Integer) found.get("mode");
    // Nobody can replace what another owns in a sticky folder such as /tmp, nor write a link.
    if ((above && (mode & STICKY) != 0) || (mode & TYPE) == LINK) {
      return;
    }
    if ((mode & OTHERS_WRITE) != 0) {
      throw unsafe(path, "can be written by every account");
    }
    // A group of the owner's name is the owner's own.
    String group = found.get("group").toString();
    if ((mode & GROUP_WRITES) != 0 && !group.equals(found.get("owner").toString())) {
      throw unsafe(path, "can be written by the group " + group);
    }
  }

  private static UnsafeFolderException unsafe(Path path, String fault) {
    return new UnsafeFolderException(
        path + ": " + fault + ", so no native library is loaded from there" + REMEDY, null);
  }

  private static String reason(IOException e) {
    return e instanceof FileSystemException f
        ? f.getFile()
            + (f.getReason() == null ? ": " + e.getClass().getSimpleName() : ": " + f.getReason())
        : e.getMessage();
  }

  private static void delete(Path folder) {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      // The system's own cleaning of its temporary directory takes what is left.
    }
  }
}
