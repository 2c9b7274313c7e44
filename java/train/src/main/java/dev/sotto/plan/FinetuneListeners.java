package dev.sotto.plan;

import dev.sotto.trainer.ControlRecord;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** Tells several listeners, one after the other. */
record FinetuneListeners(List<FinetuneProgress> all) implements FinetuneProgress {
  @Override
  public void planned(FinetuneSummary summary, Account account) {
    all.forEach(one -> one.planned(summary, account));
  }

  @Override
  public void publicRecords(PublicRecords records) {
    all.forEach(one -> one.publicRecords(records));
  }

  @Override
  public void features() {
    all.forEach(FinetuneProgress::features);
  }

  @Override
  public void step(long step, long steps, double epsilon) {
    all.forEach(one -> one.step(step, steps, epsilon));
  }

  @Override
  public void interval(ControlRecord record) {
    all.forEach(one -> one.interval(record));
  }

  @Override
  public void validated(long step, Map<String, Double> figures) {
    all.forEach(one -> one.validated(step, figures));
  }

  @Override
  public void withoutCheckpoint(long charged, long steps) {
    all.forEach(one -> one.withoutCheckpoint(charged, steps));
  }

  @Override
  public void budgetSpent(long step, long steps) {
    all.forEach(one -> one.budgetSpent(step, steps));
  }

  @Override
  public void skippedRewards(int count) {
    all.forEach(one -> one.skippedRewards(count));
  }

  @Override
  public void unsafeLoss(long step, OptionalDouble natsPerToken) {
    all.forEach(one -> one.unsafeLoss(step, natsPerToken));
  }
}
