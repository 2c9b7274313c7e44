package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.plan.PretrainProgress;

/** Shows how pretraining gets on: a line every few seconds, on stderr. */
final class PretrainLines implements PretrainProgress {
  private static final long LINE_NANOS = 5_000_000_000L;

  private final Console console;
  private int batchTokens;
  private long startNanos;
  private long lineNanos;

  PretrainLines(Console console) {
    this.console = console;
  }

  @Override
  public void planned(
      String backend, long parameters, int vocabulary, long tokens, long steps, int batch) {
    console.note("backend  " + backend);
    console.note(
        "model    "
            + Figures.count(parameters)
            + " parameters, vocabulary "
            + Figures.count(vocabulary));
    console.note(
        "data     "
            + Figures.count(tokens, "token")
            + ", "
            + Figures.count(steps, "step")
            + " of "
            + Figures.count(batch));
    batchTokens = batch;
    startNanos = System.nanoTime();
    lineNanos = startNanos;
  }

  @Override
  public void nothingToLearn(long records) {
    console.note(
        "left out "
            + Figures.count(records, "record that has", "records that have")
            + " nothing to learn");
  }

  @Override
  public void step(long step, long steps, double meanLoss) {
    long now = System.nanoTime();
    if (now - lineNanos <= LINE_NANOS && step < steps) {
      return;
    }
    lineNanos = now;
    double seconds = (now - startNanos) * 1e-9;
    console.note(
        "step "
            + step
            + "/"
            + steps
            + "  loss "
            + Figures.number(meanLoss)
            + "  "
            + Figures.count(batchTokens * step / seconds)
            + " tokens/s  "
            + Figures.seconds(seconds / step * (steps - step))
            + " left");
  }
}
