package dev.sotto.plan;

import dev.sotto.trainer.ControlRecord;
import java.util.Map;
import java.util.OptionalDouble;

/** Hears how a run gets on. Every value is public or released. */
public interface FinetuneProgress {
  /** Hears nothing. */
  FinetuneProgress SILENT = new FinetuneProgress() {};

  /** Once, when all is read and planned. */
  default void planned(FinetuneSummary summary, Account account) {}

  /** Once for each source of public records, when all is read. */
  default void publicRecords(PublicRecords records) {}

  /** Before what a head sees of each private record is computed, which takes a while. */
  default void features() {}

  /**
   * After each step.
   *
   * @param step charged steps so far
   * @param steps planned steps
   * @param epsilon upper bound on ε spent so far; infinite without privacy
   */
  default void step(long step, long steps, double epsilon) {}

  /**
   * An interval of a controlled run has ended, before its last step is told of.
   *
   * @param record what was chosen and released
   */
  default void interval(ControlRecord record) {}

  /**
   * What was measured on public records after a step.
   *
   * @param figures by name: perplexity, or metrics of a task
   */
  default void validated(long step, Map<String, Double> figures) {}

  /**
   * A run is resumed that left no checkpoint, so what it had learned is lost; what it was charged
   * stays charged.
   *
   * @param charged steps; 0 without privacy
   * @param steps planned steps
   */
  default void withoutCheckpoint(long charged, long steps) {}

  /**
   * The run ends before its last planned step, since no noise that its controller may have fits
   * what is left of the budget.
   *
   * @param step charged steps
   * @param steps planned steps
   */
  default void budgetSpent(long step, long steps) {}

  /**
   * Some outcomes were not learned from, since the loss that the controller is paid by was not a
   * finite number.
   *
   * @param count of intervals, above 0
   */
  default void skippedRewards(int count) {}

  /**
   * Exact mean training loss of a step, in nats per token: private, sent only when unsafe
   * diagnostics were asked for.
   */
  default void unsafeLoss(long step, OptionalDouble natsPerToken) {}
}
