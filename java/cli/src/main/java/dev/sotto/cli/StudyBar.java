package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.study.RunResult;
import dev.sotto.study.StudyProgress;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how a study gets on, on stderr: a bar over the steps of all runs to a person, a line after
 * each run and every half minute to a log; with the time left by the mean of what was done.
 */
final class StudyBar implements StudyProgress, AutoCloseable {
  private static final long LINE_NANOS = 30_000_000_000L;

  private final Console console;
  private final long startNanos = System.nanoTime();
  private long lineNanos = startNanos;
  private String runs = "";
  private String left = "";
  private ProgressBar bar;

  StudyBar(Console console) {
    this.console = console;
  }

  @Override
  public void planned(int count, int finished) {
    console.note(
        "runs      "
            + count
            + (finished == 0 ? "" : ", of which " + finished + " are finished already"));
    runs = "run " + finished + "/" + count;
  }

  @Override
  public void steps(long done, long steps) {
    long now = System.nanoTime();
    double seconds = 1e-9 * (now - startNanos) * (steps - done) / Math.max(1, done);
    left = ", " + Figures.seconds(seconds) + " left";
    if (console.movesBars()) {
      if (bar == null) {
        bar =
            new ProgressBarBuilder()
                .setTaskName("step")
                .setInitialMax(steps)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(console.err()))
                .build();
      }
      bar.stepTo(done);
      bar.setExtraMessage(runs);
    } else if (now - lineNanos > LINE_NANOS) {
      lineNanos = now;
      console.note(runs + ", step " + Figures.count(done) + "/" + Figures.count(steps) + left);
    }
  }

  @Override
  public void ended(RunResult result, int ended, int count) {
    runs = "run " + ended + "/" + count;
    if (!result.finished()) {
      console.note("FAILED " + result.run().title() + ": " + result.error());
    } else if (!console.movesBars()) {
      lineNanos = System.nanoTime();
      console.note(
          runs
              + "  "
              + result.run().title()
              + ": perplexity "
              + Figures.number(result.outcome().perplexityAfter())
              + left);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
