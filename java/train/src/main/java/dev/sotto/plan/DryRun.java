package dev.sotto.plan;

import dev.sotto.data.Corpus;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.trainer.StepRehearsal;
import dev.sotto.trainer.Trainable;
import java.time.Duration;

/**
 * What a run would be: everything was read and checked, and one micro-batch of made-up sequences
 * computed; nothing was drawn, charged or written.
 *
 * @param summary what would be trained; public
 * @param account who would answer for the cost
 * @param secondsAStep about how long a step of expected size takes if every unit is one sequence of
 *     the maximum length; from public numbers and made-up sequences
 * @param peakMemory most bytes of main memory that this process has held, records included; 0 where
 *     the system does not say
 * @param counts exact, private
 */
public record DryRun(
    FinetuneSummary summary,
    Account account,
    double secondsAStep,
    long peakMemory,
    PrivateCounts counts) {

  static DryRun of(PreparedRun run) {
    FinetuneSummary summary = run.summary();
    try (Stages stages = Stages.rehearsed(run)) {
      Trainable trained = stages.last().trained();
      double seconds =
          StepRehearsal.secondsAUnit(
              trained.pass(), trained.lora(), run.clipping(trained.lora()), Duration.ZERO);
      return new DryRun(
          summary,
          run.account(),
          run.sampling().probability() * run.sampling().units() * seconds,
          ResidentMemory.peakBytes(),
          PrivateCounts.of(run.data().corpus()));
    }
  }

  /**
   * Exact counts of the private records: for the eyes of who may see the records, in no file.
   *
   * @param units privacy units to train on
   * @param sequences they are cut into
   * @param tokens of all sequences
   * @param targets tokens to learn
   * @param nothingToLearn units that will be drawn like others and add nothing
   */
  public record PrivateCounts(
      long units, long sequences, long tokens, long targets, long nothingToLearn) {
    static PrivateCounts of(Corpus corpus) {
      long tokens = 0;
      long targets = 0;
      long nothing = 0;
      for (PrivacyUnit unit : corpus.units()) {
        tokens += unit.rows();
        targets += unit.targetCount();
        nothing += unit.targetCount() == 0 ? 1 : 0;
      }
      return new PrivateCounts(
          corpus.units().size(), corpus.blockCount(), tokens, targets, nothing);
    }

    /** Says no number, so that no log or message can. */
    @Override
    public String toString() {
      return "PrivateCounts[private]";
    }
  }
}
