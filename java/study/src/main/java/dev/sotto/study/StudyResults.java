package dev.sotto.study;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * All runs of a study, and what they say together.
 *
 * @param config the study
 * @param runs in the order of the matrix
 */
public record StudyResults(StudyConfig config, List<RunResult> runs) {
  /** Copies the list. */
  public StudyResults {
    runs = List.copyOf(runs);
  }

  /** Runs that failed. */
  public List<RunResult> failed() {
    return runs.stream().filter(result -> !result.finished()).toList();
  }

  /** Finished runs of one cell of the tables, by seed. */
  List<RunResult> of(StudyArm arm, double epsilon) {
    return runs.stream()
        .filter(RunResult::finished)
        .filter(r -> r.run().arm().equals(arm) && r.run().epsilon() == epsilon)
        .toList();
  }

  /** A figure over the seeds of a cell. */
  Spread spread(StudyArm arm, double epsilon, ToDoubleFunction<RunResult> figure) {
    return Spread.of(of(arm, epsilon).stream().map(figure::applyAsDouble).toList());
  }

  Spread perplexity(StudyArm arm, double epsilon) {
    return spread(arm, epsilon, result -> result.outcome().perplexityAfter());
  }

  /**
   * Updates that each run of a cell needed until it was first measured at, or below, the final
   * perplexity of the baseline's run at the same ε and seed: runs of one seed begin alike, so that
   * luck weighs less. Infinite for a run that never was.
   */
  Spread updatesToReach(StudyArm baseline, StudyArm arm, double epsilon) {
    return spread(arm, epsilon, result -> updatesToReach(baseline, result));
  }

  /** Updates of one run; NaN if the baseline's run failed. */
  double updatesToReach(StudyArm baseline, RunResult result) {
    return of(baseline, result.run().epsilon()).stream()
        .filter(other -> other.run().seed() == result.run().seed())
        .mapToDouble(other -> result.curve().updatesToReach(other.outcome().perplexityAfter()))
        .findFirst()
        .orElse(Double.NaN);
  }
}
