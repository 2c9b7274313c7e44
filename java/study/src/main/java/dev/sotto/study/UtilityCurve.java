package dev.sotto.study;

import dev.sotto.trainer.ControlRecord;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Perplexity on the validation file against updates; lower is better.
 *
 * @param steps ascending, from 0
 * @param perplexities one for each
 */
public record UtilityCurve(List<Long> steps, List<Double> perplexities) {
  /** Copies the lists. */
  public UtilityCurve {
    steps = List.copyOf(steps);
    perplexities = List.copyOf(perplexities);
  }

  /**
   * What a run measured before, during and after training.
   *
   * @param outcome of the run
   * @param trajectory of the run
   * @return the curve
   */
  static UtilityCurve of(RunOutcome outcome, Trajectory trajectory) {
    Map<Long, Double> measured = new TreeMap<>();
    measured.put(0L, outcome.perplexityBefore());
    for (ControlRecord interval : trajectory.intervals()) {
      if (interval.validationPerplexity() != null) {
        measured.put(interval.step(), interval.validationPerplexity());
      }
    }
    measured.put(outcome.steps(), outcome.perplexityAfter());
    return new UtilityCurve(List.copyOf(measured.keySet()), List.copyOf(measured.values()));
  }

  /**
   * The first measured step at which a perplexity was reached.
   *
   * @param perplexity the goal
   * @return the step, or infinity if it never was
   */
  double updatesToReach(double perplexity) {
    for (int i = 0; i < steps.size(); i++) {
      if (perplexities.get(i) <= perplexity) {
        return steps.get(i);
      }
    }
    return Double.POSITIVE_INFINITY;
  }
}
