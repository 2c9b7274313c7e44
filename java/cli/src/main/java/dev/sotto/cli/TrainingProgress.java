package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.plan.Account;
import dev.sotto.plan.ControlPlan;
import dev.sotto.plan.FinetuneProgress;
import dev.sotto.plan.FinetuneSummary;
import dev.sotto.plan.NoisePlan;
import dev.sotto.plan.PublicRecords;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how a run gets on, on stderr: what is planned, and to a person at a terminal a bar with the
 * time that is left, ε reserved and promised, what was last measured, and a nominal speed: tokens
 * of an expected full batch over the mean time of a step, since the tokens really drawn are
 * private.
 */
final class TrainingProgress implements FinetuneProgress, AutoCloseable {
  private final Console console;
  private String withoutEpsilon = "no privacy";
  private String promised = "";
  private String measured = "";
  private double batchTokens;
  private long firstStep;
  private long startNanos;
  private long stepsOfHead;
  private ProgressBar bar;

  TrainingProgress(Console console) {
    this.console = console;
  }

  @Override
  public void planned(FinetuneSummary summary, Account account) {
    batchTokens = summary.expectedBatchTokens();
    stepsOfHead = stepsOfHead(summary, account);
    console.note("backend   " + summary.backend());
    console.note(
        "model     "
            + Figures.count(summary.modelParameters())
            + " weights, "
            + Figures.count(summary.trainableParameters())
            + " to train in "
            + (summary.pairs() == 0 ? "the head" : Figures.count(summary.pairs(), "LoRA pair")));
    console.note(
        "data      "
            + Figures.count(summary.units(), "privacy unit")
            + ", "
            + Figures.count(summary.steps(), "step"));
    if (account instanceof Account.Proven proven) {
      NoisePlan plan = proven.noise();
      promised = " of " + Figures.bound(proven.epsilon());
      console.note(
          "privacy   epsilon "
              + Figures.bound(proven.epsilon())
              + ", delta "
              + Figures.delta(proven.delta())
              + " ("
              + proven.accountantName()
              + (plan.isGaussian() ? "" : ", " + plan.kind().word() + " noise")
              + "): noise multiplier "
              + Figures.noiseMultiplier(plan.noiseMultiplier())
              + ", sampling rate "
              + Figures.number(plan.samplingProbability())
              + ", expected batch "
              + Figures.number(plan.expectedBatchSize()));
      plan.first().ifPresent(first -> console.note("head      " + head(first, plan)));
      plan.control().ifPresent(control -> console.note("control   " + control(control)));
    } else if (account instanceof Account.PaperClaim) {
      withoutEpsilon = "no guarantee";
      console.note("privacy   NOT A DIFFERENTIAL PRIVACY GUARANTEE (--accounting paper)");
    } else {
      console.note("privacy   NONE: nothing is clipped and no noise is added");
    }
  }

  @Override
  public void publicRecords(PublicRecords records) {
    console.note(DataWords.words(records));
  }

  /** Steps at the start that train the head alone. */
  private static long stepsOfHead(FinetuneSummary summary, Account account) {
    if (summary.pairs() == 0) {
      return summary.steps();
    }
    return account instanceof Account.Private noised
        ? noised.noise().first().map(NoisePlan::steps).orElse(0L)
        : 0;
  }

  private static String head(NoisePlan first, NoisePlan then) {
    return "first, alone, for "
        + Figures.count(first.steps(), "step")
        + ": noise multiplier "
        + Figures.noiseMultiplier(first.noiseMultiplier())
        + ", sampling rate "
        + Figures.number(first.samplingProbability())
        + "; then "
        + Figures.count(then.steps(), "step")
        + " with the adapter";
  }

  private static String control(ControlPlan control) {
    return control.controller()
        + (control.filterOrder().isEmpty()
            ? " chooses clip norms"
            : " chooses clip norms and noise")
        + (control.statisticsStddev().isEmpty()
            ? ""
            : "; statistics raise the gradient's noise by "
                + Figures.number(100 * control.release().statisticsCost())
                + "%")
        + (control.startedFrom().isEmpty() ? "" : "; starts from another run's policy");
  }

  @Override
  public void features() {
    console.note("features  what the head sees of each text is computed once, and stays in memory");
  }

  @Override
  public void step(long step, long steps, double epsilon) {
    long now = System.nanoTime();
    if (startNanos == 0 || step == stepsOfHead) {
      // The first step warms up, and the head alone reads no tokens; speed is counted from there.
      firstStep = step;
      startNanos = now;
    }
    if (console.movesBars()) {
      moveBar(step, steps, epsilon, now);
    }
  }

  private void moveBar(long step, long steps, double epsilon, long now) {
    if (bar == null) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("step")
              .setInitialMax(steps)
              .setStyle(ProgressBarStyle.ASCII)
              .setConsumer(new ConsoleProgressBarConsumer(console.err()))
              .build();
    }
    bar.stepTo(step);
    bar.setExtraMessage(words(step, epsilon, now));
  }

  private String words(long step, double epsilon, long now) {
    String spent =
        Double.isFinite(epsilon) ? "epsilon " + Figures.bound(epsilon) + promised : withoutEpsilon;
    String told = spent + measured;
    return step <= Math.max(firstStep, stepsOfHead)
        ? told
        : told
            + ", nominally "
            + Figures.count(batchTokens * (step - firstStep) * 1e9 / (now - startNanos))
            + " tok/s";
  }

  @Override
  public void validated(long step, Map<String, Double> figures) {
    String words =
        figures.entrySet().stream()
            .map(figure -> figure.getKey() + " " + Figures.number(figure.getValue()))
            .collect(Collectors.joining(", "));
    if (console.movesBars()) {
      measured = ", " + words;
    } else {
      console.note("validated step " + step + ": " + words);
    }
  }

  @Override
  public void withoutCheckpoint(long charged, long steps) {
    console.note(
        "checkpoint there is none: training begins again from the start"
            + (charged == 0
                ? ""
                : ". "
                    + Figures.count(charged, "step")
                    + " of "
                    + steps
                    + " stay charged, and what they taught is lost"
                    + (charged < steps
                        ? ""
                        : ": no step is left, so the adapter will hold nothing that was learned")));
  }

  @Override
  public void budgetSpent(long step, long steps) {
    console.note("the privacy budget is spent: the run ends after step " + step + " of " + steps);
  }

  @Override
  public void skippedRewards(int count) {
    console.note(
        "the controller did not learn from "
            + Figures.count(count, "interval")
            + ", whose loss was not a finite number; try a lower --learning-rate");
  }

  @Override
  public void unsafeLoss(long step, OptionalDouble natsPerToken) {
    natsPerToken.ifPresent(
        loss ->
            console.note(
                "UNSAFE exact training loss at step "
                    + step
                    + ": "
                    + Figures.number(loss)
                    + " nats per token (private: do not share or act on it)"));
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
