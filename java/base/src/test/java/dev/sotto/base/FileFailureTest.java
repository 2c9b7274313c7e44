package dev.sotto.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UTFDataFormatException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileFailureTest {
  @TempDir Path dir;

  /** A line of what really happens when a path is read. */
  private static String reading(Path path) {
    IOException e = assertThrows(IOException.class, () -> Files.readAllBytes(path));
    return FileFailure.cannotBeRead(path, e).getMessage();
  }

  @Test
  void whatTheSystemRefusesIsSaidInWords() throws IOException {
    String fix = "; check the path and your rights to it, or name another";
    Path loop = Files.createSymbolicLink(dir.resolve("loop"), dir.resolve("loop"));
    assertEquals(
        loop + ": cannot be read: its symbolic links lead in a circle" + fix, reading(loop));
    Path file = Files.writeString(dir.resolve("file"), "");
    assertEquals(
        file
            + "/below: cannot be read: a part of the path is a file where a directory belongs"
            + fix,
        reading(file.resolve("below")));
    assertEquals(dir + ": cannot be read: it is a directory" + fix, reading(dir));
    Path none = dir.resolve("none");
    assertEquals(none + ": cannot be read: there is no such file" + fix, reading(none));
    Path endless = dir.resolve("n".repeat(300));
    assertEquals(endless + ": cannot be read: the name is too long" + fix, reading(endless));
  }

  @Test
  void directoriesThatCannotBeMade() throws IOException {
    Path file = Files.writeString(dir.resolve("file"), "");
    InputException e =
        assertThrows(InputException.class, () -> DurableDirectory.create(file.resolve("below")));
    assertEquals(
        file.resolve("below")
            + ": cannot be made: a part of the path is a file where a directory belongs;"
            + " choose a directory where you may create files",
        e.getMessage());
    e = assertThrows(InputException.class, () -> DurableDirectory.create(file));
    assertEquals(
        file
            + ": cannot be made: "
            + file
            + " is a file; choose a directory where you may create files",
        e.getMessage());
  }

  @Test
  void aFileInADirectoryThatIsNotThere() {
    Path file = dir.resolve("none").resolve("file");
    InputException e =
        assertThrows(InputException.class, () -> AtomicFile.write(file, new byte[1]));
    assertEquals(
        file
            + ": cannot be written: its directory is not there;"
            + " choose a directory where you may create files",
        e.getMessage());
  }

  @Test
  void whatNoTestCanProvoke() {
    Path file = Path.of("run");
    assertEquals(
        "run: cannot be written: permission denied; choose a directory where you may create files",
        FileFailure.cannotBeWritten(file, new AccessDeniedException("run")).getMessage());
    assertEquals(
        "run: cannot be made: the file system is read-only;"
            + " choose a directory where you may create files",
        FileFailure.cannotBeMade(
                file, new FileSystemException("run", null, "Read-only file system"))
            .getMessage());
    assertEquals(
        "run: cannot be written: No space left on device; free space on the disk",
        FileFailure.cannotBeWritten(file, new IOException("No space left on device")).getMessage());
    assertEquals(
        "run: cannot be deleted: Input/output error; delete it yourself",
        FileFailure.cannotBeDeleted(file, new IOException("Input/output error")).getMessage());
  }

  @Test
  void whatMayQuoteTheFileIsWithheld() {
    assertEquals("it is no text in UTF-8", FileFailure.why(new MalformedInputException(1)));
    assertEquals(
        "UTFDataFormatException", FileFailure.why(new UTFDataFormatException("Mr Smith has")));
  }
}
