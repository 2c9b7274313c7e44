package dev.sotto.cli;

import dev.sotto.base.Figures;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how many records are told, on stderr: a bar without an end to a person, since a file is
 * read once and its length not known before; a line now and then to a log.
 */
final class PredictBar implements AutoCloseable {
  private static final long LINE_NANOS = 5_000_000_000L;

  private final Console console;
  private long lineNanos = System.nanoTime();
  private long records;
  private ProgressBar bar;

  PredictBar(Console console) {
    this.console = console;
  }

  /** Records so far. */
  long records() {
    return records;
  }

  /** One record more. */
  void step() {
    records++;
    if (console.movesBars()) {
      if (bar == null) {
        bar =
            new ProgressBarBuilder()
                .setTaskName("records")
                .setInitialMax(-1)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(console.err()))
                .build();
      }
      bar.stepTo(records);
    } else if (System.nanoTime() - lineNanos > LINE_NANOS) {
      lineNanos = System.nanoTime();
      console.note("records   " + Figures.count(records));
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
