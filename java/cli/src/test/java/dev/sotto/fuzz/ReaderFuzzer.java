package dev.sotto.fuzz;

import dev.sotto.base.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;

/**
 * What Jazzer calls with each input, and what the replay calls with each input in the tree. A
 * reader may take an input or refuse it with one line. It may do nothing else: no other exception,
 * no line of several or without end, and no more memory than a fixed allowance and ten times the
 * input's size.
 */
public final class ReaderFuzzer {
  /** Buffers of readers, whatever is read. */
  static final long ALLOWED_BYTES = 4 << 20;

  static final int ALLOWED_TIMES = 10;

  /** Longer than any line that a person reads; a message that quotes the input has no bound. */
  static final int LONGEST_LINE = 2000;

  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static FuzzTarget target;
  private static Path dir;

  private ReaderFuzzer() {}

  /** A reader and where it finds its file. */
  @FunctionalInterface
  interface Reader {
    void read(Path dir) throws IOException;
  }

  /** For all readers in one process: the first byte of an input says which. */
  static final String TOGETHER = "together";

  /** Called once by Jazzer. */
  public static void fuzzerInitialize() throws IOException {
    String name = System.getProperty("sotto.fuzz.target");
    target = name.equals(TOGETHER) ? null : FuzzTarget.of(name);
    Path memory = Path.of("/dev/shm");
    Path parent = Files.isWritable(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
    dir = Files.createTempDirectory(parent, "sotto-fuzz-");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(dir)));
  }

  /** Called by Jazzer with every input. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    if (target != null) {
      check(target, dir, input);
    } else if (input.length > 0) {
      FuzzTarget[] all = FuzzTarget.values();
      FuzzTarget chosen = all[Byte.toUnsignedInt(input[0]) % all.length];
      Path own = Files.createDirectories(dir.resolve(chosen.id()));
      check(chosen, own, Arrays.copyOfRange(input, 1, input.length));
    }
  }

  static void check(FuzzTarget target, Path dir, byte[] input) throws IOException {
    Files.write(target.input(dir), input);
    check(target::read, dir, input.length);
  }

  static void check(Reader reader, Path dir, long inputBytes) throws IOException {
    long allowed = ALLOWED_BYTES + ALLOWED_TIMES * inputBytes;
    // The first time, classes are loaded.
    if (bytesTaken(reader, dir) > allowed) {
      long taken = bytesTaken(reader, dir);
      if (taken > allowed) {
        throw new AssertionError(taken + " bytes of memory for an input of " + inputBytes);
      }
    }
  }

  private static long bytesTaken(Reader reader, Path dir) throws IOException {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      reader.read(dir);
    } catch (InputException refused) {
      requireOneLine(refused.getMessage());
    }
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  private static void requireOneLine(String message) {
    if (message == null || message.isBlank() || message.length() > LONGEST_LINE) {
      throw new AssertionError(
          "a message of " + (message == null ? "nothing" : message.length() + " characters"));
    }
    message
        .chars()
        .filter(Character::isISOControl)
        .findFirst()
        .ifPresent(
            control -> {
              throw new AssertionError("a message with the character " + control + ": " + message);
            });
  }

  private static void delete(Path dir) {
    try (var files = Files.walk(dir)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
