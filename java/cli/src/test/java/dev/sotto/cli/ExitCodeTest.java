package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.ElementType;
import dev.sotto.settings.Section;
import dev.sotto.settings.Values;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bad input ends in code 2; a mistake of our own never does, whatever it throws. */
class ExitCodeTest {
  /** A command that does one thing. */
  private record Doing(Runnable work) implements Command {
    @Override
    public String name() {
      return "do";
    }

    @Override
    public String summary() {
      return "does it";
    }

    @Override
    public String usage() {
      return "";
    }

    @Override
    public List<Section> settings() {
      return List.of();
    }

    @Override
    public List<String> examples() {
      return List.of("do");
    }

    @Override
    public void run(Values values, Console console) {
      work.run();
    }
  }

  private static CommandRun of(Runnable work) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Sotto.run(
            List.of(new Doing(work)),
            new String[] {"do"},
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new CommandRun(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static void isOurs(Runnable work) {
    CommandRun run = of(work);
    assertEquals(1, run.code(), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("internal failure") && run.err().contains("report"), run.err());
  }

  @Test
  void ourOwnMistakesAreNotBadInput() {
    // From the kernels' own argument checks, through the one mapper of native statuses.
    isOurs(
        () -> {
          try (Backend backend = Backends.open("cpu-reference", 1)) {
            backend.allocate(ElementType.F32, 4).slice(2, 4);
          }
        });
    isOurs(
        () -> {
          throw new IllegalArgumentException("a shape that no user gave");
        });
    isOurs(() -> Integer.parseInt("x"));
    isOurs(() -> List.of().add(null));
    isOurs(() -> InputException.ifRefused(() -> Integer.parseInt("x")));
  }

  @Test
  void whatTheUserGaveIsBadInput() {
    of(() -> {
          throw new InputException("notes.csv: line 3 has no text; give one");
        })
        .refused("notes.csv", "line 3");
    of(() ->
            InputException.ifRefused(
                () -> {
                  throw new IllegalArgumentException("epsilon cannot be reached");
                }))
        .refused("epsilon");
  }
}
