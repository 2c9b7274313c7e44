package dev.sotto.compute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No native library is loaded from where another account could have put it. */
class LibraryFolderTest {
  private static final String ASKED = "sotto.test.cachedir";
  private static final String HOME = "user.home";
  private static final String TEMPORARY = "java.io.tmpdir";

  private final Map<String, String> before = new HashMap<>();
  @TempDir Path dir;

  @BeforeEach
  void noSettings() {
    for (String name : new String[] {ASKED, HOME, TEMPORARY, LibraryFolder.SETTING}) {
      before.put(name, System.getProperty(name));
    }
    System.clearProperty(LibraryFolder.SETTING);
  }

  @AfterEach
  void restore() {
    before.forEach(
        (name, value) -> {
          if (value == null) {
            System.clearProperty(name);
          } else {
            System.setProperty(name, value);
          }
        });
  }

  private static Path mode(Path path, String mode) throws IOException {
    return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  private static void isPrivate(Path folder) throws IOException {
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
  }

  private static Path found() {
    System.clearProperty(ASKED);
    LibraryFolder.use(ASKED, "kernels");
    return Path.of(System.getProperty(ASKED));
  }

  private static void refused(String... words) {
    String message =
        assertThrows(UnsafeFolderException.class, LibraryFolderTest::found).getMessage();
    assertEquals(1, message.lines().count(), message);
    assertTrue(message.contains(LibraryFolder.SETTING), message);
    for (String word : words) {
      assertTrue(message.contains(word), "'" + word + "' in: " + message);
    }
  }

  @Test
  void takesAFolderOfItsOwnInTheHomeDirectory() throws IOException {
    System.setProperty(HOME, dir.toString());
    Path folder = found();
    assertEquals(dir.toRealPath().resolve(".cache/sotto/kernels"), folder);
    isPrivate(folder);
    assertEquals(folder, found(), "the same again");
  }

  @Test
  void withoutAHomeTakesAFreshPrivateFolder() throws IOException {
    for (String home : new String[] {"?", "/nonexistent", dir.resolve("none").toString()}) {
      System.setProperty(HOME, home);
      Path folder = found();
      assertTrue(folder.getParent().getFileName().toString().startsWith("sotto-"));
      isPrivate(folder);
      isPrivate(folder.getParent());
    }
  }

  @Test
  void leavesAHomeThatOthersCanWrite() throws IOException {
    Path home = Files.createDirectory(dir.resolve("home"));
    System.setProperty(HOME, home.toString());
    mode(home, "rwxrwxrwx");
    assertNotEquals(home, found().getParent().getParent().getParent());
    mode(home, "rwxr-xr-x");
    assertEquals(home.toRealPath(), found().getParent().getParent().getParent());
  }

  @Test
  void refusesNamedFoldersThatOthersCanWrite() throws IOException {
    Path named = Files.createDirectory(dir.resolve("named"));
    System.setProperty(LibraryFolder.SETTING, named.toString());
    isPrivate(found());
    mode(named, "rwxrwxrwx");
    refused(named.toString(), "written by every account");
    mode(named, "rwxr-xr-x");
    mode(named.resolve("kernels"), "rwxr-xrwx");
    refused(named.resolve("kernels").toString(), "written by every account");
    mode(named.resolve("kernels"), "rwxr-xr-x");
    Path planted = Files.createFile(named.resolve("kernels/libx.so"));
    mode(planted, "rw-rw-rw-");
    refused(planted.toString(), "written by every account");
    mode(named.resolve("kernels"), "rwx------");
    assertEquals(named.toRealPath().resolve("kernels"), found(), "nobody else can reach it");
  }

  @Test
  void refusesFoldersOfOtherAccountsEvenThroughLinks() throws IOException {
    Path named = Files.createDirectory(dir.resolve("named"));
    Path kernels = Files.createDirectory(named.resolve("kernels"));
    try {
      Files.setAttribute(kernels, "unix:uid", 12345);
    } catch (IOException e) {
      Assumptions.abort("only root can give a folder to another account: " + e.getMessage());
    }
    System.setProperty(LibraryFolder.SETTING, named.toString());
    refused(kernels.toString(), "belongs to the account");
    Files.setAttribute(kernels, "unix:uid", Files.getAttribute(dir, "unix:uid"));
    found();
    Files.setAttribute(named, "unix:uid", 12345);
    refused(named.toString(), "belongs to the account");
    Path link = Files.createSymbolicLink(dir.resolve("link"), named);
    System.setProperty(LibraryFolder.SETTING, link.toString());
    refused(named.toString(), "belongs to the account");
    Files.setAttribute(named, "unix:uid", Files.getAttribute(dir, "unix:uid"));
  }

  @Test
  void checksWhatTheLibrariesOwnSettingsName() throws IOException {
    Path own = Files.createDirectory(dir.resolve("own"));
    System.setProperty(ASKED, own.toString());
    LibraryFolder.use(ASKED, "kernels");
    assertEquals(own.toString(), System.getProperty(ASKED), "kept as it was given");
    mode(own, "rwxrwxrwx");
    String message =
        assertThrows(UnsafeFolderException.class, () -> LibraryFolder.use(ASKED, "kernels"))
            .getMessage();
    assertTrue(message.contains(own.toString()) && message.contains("every account"), message);
  }

  @Test
  void saysWhereNothingCanBeWritten() throws IOException {
    Path file = Files.createFile(dir.resolve("file"));
    System.setProperty(LibraryFolder.SETTING, file.resolve("below").toString());
    refused(file.toString(), "cannot be unpacked");
    assertFalse(Files.isDirectory(file));
  }
}
