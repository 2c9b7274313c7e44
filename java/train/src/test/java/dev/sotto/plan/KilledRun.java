package dev.sotto.plan;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The child of {@link KillTest}: begins or resumes a run and says each step once its noise is out.
 */
final class KilledRun {
  private KilledRun() {}

  /** Arguments: model, records, output, steps, mechanism. */
  public static void main(String[] arguments) {
    Runs runs = new Runs();
    runs.model = Path.of(arguments[0]);
    runs.train = Path.of(arguments[1]);
    runs.output = Path.of(arguments[2]);
    runs.steps = Long.parseLong(arguments[3]);
    runs.checkpointEvery = 7;
    if (arguments[4].equals("lmo")) {
      runs.privacy = Runs.privacy(NoiseChoice.lmo(Runs.LAW), false);
    }
    runs.resume = Files.exists(runs.output.resolve("settings.json"));
    FinetuneResult result =
        runs.run(
            new FinetuneProgress() {
              @Override
              public void step(long step, long steps, double epsilon) {
                System.out.println("step " + step);
              }
            });
    System.out.println("finished " + result.steps());
  }
}
