package dev.sotto.plan;

import dev.sotto.base.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The child of {@link KillSeries}: begins or resumes a run, and notes each step once its noise is
 * out, in a file that outlives it.
 */
final class KilledRun {
  private KilledRun() {}

  /** Arguments: model, records, output, steps, {@link KillSeries.Kind}, book, file of steps. */
  public static void main(String[] arguments) {
    Runs runs = new Runs();
    runs.model = Path.of(arguments[0]);
    runs.train = Path.of(arguments[1]);
    runs.output = Path.of(arguments[2]);
    runs.steps = Long.parseLong(arguments[3]);
    runs.checkpointEvery = 7;
    KillSeries.Kind.valueOf(arguments[4]).prepare(runs);
    runs.book = Path.of(arguments[5]);
    Path noted = Path.of(arguments[6]);
    runs.resume = Files.exists(runs.output.resolve("settings.json"));
    try {
      FinetuneResult result =
          runs.run(
              new FinetuneProgress() {
                @Override
                public void step(long step, long steps, double epsilon) {
                  note(noted, step);
                  System.out.println("step " + step);
                }
              });
      System.out.println("finished " + result.steps());
    } catch (InputException e) {
      System.out.println("refused " + e.getMessage());
    }
  }

  private static void note(Path file, long step) {
    try {
      Files.write(
          file,
          (step + "\n").getBytes(StandardCharsets.US_ASCII),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
