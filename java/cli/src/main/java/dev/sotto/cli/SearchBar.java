package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.search.SearchProgress;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how a noise search gets on, on stderr: a bar to a person, a line now and then to a log. */
final class SearchBar implements SearchProgress, AutoCloseable {
  private static final long LINE_NANOS = 5_000_000_000L;

  private final Console console;
  private long lineNanos = System.nanoTime();
  private ProgressBar bar;

  SearchBar(Console console) {
    this.console = console;
  }

  @Override
  public void evaluated(long done, long total) {
    if (console.movesBars()) {
      if (bar == null) {
        bar =
            new ProgressBarBuilder()
                .setTaskName("shape")
                .setInitialMax(total)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(console.err()))
                .build();
      }
      bar.stepTo(done);
    } else if (System.nanoTime() - lineNanos > LINE_NANOS) {
      lineNanos = System.nanoTime();
      console.note("shape " + Figures.count(done) + "/" + Figures.count(total));
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
