package dev.sotto.study;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.Json;

/** {@code results.json}: every run with its curve, and the table's figures, for programs. */
final class ResultsFile {
  private ResultsFile() {}

  static ObjectNode of(StudyResults results) {
    ObjectNode all = Json.object();
    all.put("not_covered_by_epsilon", Study.NOT_COVERED);
    all.put("seeded_noise", results.config().seededNoise());
    ArrayNode runs = all.putArray("runs");
    results.runs().forEach(result -> runs.add(run(results, result)));
    ArrayNode summary = all.putArray("summary");
    for (double epsilon : results.config().epsilons()) {
      for (StudyArm arm : results.config().arms()) {
        summary.add(cell(results, arm, epsilon));
      }
    }
    return all;
  }

  private static ObjectNode run(StudyResults results, RunResult result) {
    StudyRun run = result.run();
    ObjectNode node = Json.object();
    node.put("directory", "runs/" + run.name());
    node.put("label", run.arm().label());
    node.put("controller", run.arm().controller());
    node.put("adapt_noise", run.arm().adaptNoise());
    node.put("target_epsilon", run.epsilon());
    node.put("seed", run.seed());
    node.put("error", result.error());
    if (!result.finished()) {
      return node;
    }
    node.setAll(OutcomeFile.fields(result.outcome()));
    OutcomeFile.put(node, "controller_share", result.controllerShare());
    UtilityCurve curve = result.curve();
    ArrayNode points = node.putArray("utility");
    for (int i = 0; i < curve.steps().size(); i++) {
      ObjectNode point = points.addObject().put("step", curve.steps().get(i));
      OutcomeFile.put(point, "perplexity", curve.perplexities().get(i));
    }
    ObjectNode reached = node.putObject("updates_to_reach");
    for (StudyArm baseline : results.config().arms()) {
      OutcomeFile.put(reached, baseline.label(), results.updatesToReach(baseline, result));
    }
    return node;
  }

  private static ObjectNode cell(StudyResults results, StudyArm arm, double epsilon) {
    ObjectNode node = Json.object();
    node.put("label", arm.label());
    node.put("target_epsilon", epsilon);
    node.put("runs", results.of(arm, epsilon).size());
    put(node, "perplexity", results.perplexity(arm, epsilon));
    ObjectNode reached = node.putObject("updates_to_reach");
    for (StudyArm baseline : results.config().arms()) {
      put(reached, baseline.label(), results.updatesToReach(baseline, arm, epsilon));
    }
    put(
        node,
        "canary_exposure",
        results.spread(arm, epsilon, r -> r.outcome().audit().canaryExposure()));
    put(
        node,
        "membership_auc",
        results.spread(arm, epsilon, r -> r.outcome().audit().membershipAuc()));
    put(
        node,
        "calibrated_membership_auc",
        results.spread(arm, epsilon, r -> r.outcome().audit().calibratedAuc()));
    return node;
  }

  /** What never came about is null. */
  private static void put(ObjectNode node, String key, Spread spread) {
    ObjectNode fields = node.putObject(key);
    OutcomeFile.put(fields, "median", spread.median());
    OutcomeFile.put(fields, "least", spread.least());
    OutcomeFile.put(fields, "most", spread.most());
  }
}
