package dev.sotto.fuzz;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sotto.base.InputException;
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
    assertThrows(IllegalStateException.class, () -> checked(at -> fail(null)));
    assertThrows(AssertionError.class, () -> checked(at -> fail("two\nlines")));
    assertThrows(AssertionError.class, () -> checked(at -> fail("x".repeat(3000))));
    assertThrows(AssertionError.class, () -> checked(at -> fail(" ")));
    assertThrows(AssertionError.class, () -> checked(at -> new byte[32 << 20].clone()));
    assertDoesNotThrow(() -> checked(at -> fail("file: line 3 is no JSON; repair it")));
  }

  private static void checked(ReaderFuzzer.Reader reader) throws Exception {
    ReaderFuzzer.check(reader, dir, 100);
  }

  /** Refuses with this very message, or fails as no reader may. */
  private static void fail(String message) {
    if (message == null) {
      throw new IllegalStateException();
    }
    throw new InputException(message) {
      private static final long serialVersionUID = 1L;

      @Override
      public String getMessage() {
        return message;
      }
    };
  }
}
