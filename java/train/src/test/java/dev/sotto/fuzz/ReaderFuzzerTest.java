package dev.sotto.fuzz;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sotto.data.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Replays every input in the tree, and shows that the check catches what it is there for. */
class ReaderFuzzerTest {
  @TempDir static Path dir;

  @TestFactory
  Stream<DynamicContainer> everyInputIsReadOrRefusedInOneLine() {
    return Stream.of(FuzzTarget.values())
        .map(target -> DynamicContainer.dynamicContainer(target.id(), replays(target)));
  }

  private Stream<DynamicTest> replays(FuzzTarget target) {
    assertFalse(FuzzInputs.files(target).isEmpty(), "no input for " + target.id());
    return FuzzInputs.files(target).stream()
        .map(
            file ->
                DynamicTest.dynamicTest(
                    file.getFileName().toString(),
                    () -> {
                      Path own = Files.createTempDirectory(dir, target.id());
                      ReaderFuzzer.check(target, own, Files.readAllBytes(file));
                    }));
  }

  @Test
  void aReaderThatFailsOtherwiseIsCaught() {
    assertThrows(
        IllegalArgumentException.class,
        () -> checked(at -> Integer.parseInt("one")),
        "another exception");
    assertThrows(
        AssertionError.class,
        () -> {
          throw assertThrows(AssertionError.class, () -> checked(at -> refuse("two\nlines")));
        });
    assertThrows(AssertionError.class, () -> checked(at -> refuse("x".repeat(3000))));
    assertThrows(AssertionError.class, () -> checked(at -> refuse(" ")));
    assertThrows(AssertionError.class, () -> checked(at -> new byte[32 << 20].clone()));
    assertDoesNotThrow(() -> checked(at -> refuse("file: line 3 is no JSON; repair it")));
  }

  private static void checked(ReaderFuzzer.Reader reader) throws Exception {
    ReaderFuzzer.check(reader, dir, 100);
  }

  private static void refuse(String message) {
    throw new InputException(message);
  }
}
