package dev.sotto.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * {@code outcome.json}: the last file that a run gets, written whole or not at all. Where it is
 * there, the run is finished. It holds what the run came to, and the settings it was done with.
 */
final class OutcomeFile {
  private OutcomeFile() {}

  static void write(Path directory, ObjectNode settings, RunOutcome outcome) {
    ObjectNode all = fields(outcome);
    all.set("settings", settings);
    AtomicFile.write(file(directory), Json.file(all));
  }

  /** The figures of an outcome; one that is not finite is null. */
  static ObjectNode fields(RunOutcome outcome) {
    ObjectNode fields = Json.object();
    put(fields, "epsilon", outcome.epsilon());
    put(fields, "delta", outcome.delta());
    fields.put("steps", outcome.steps());
    put(fields, "perplexity_before", outcome.perplexityBefore());
    put(fields, "perplexity_after", outcome.perplexityAfter());
    put(fields, "seconds", outcome.seconds());
    RunOutcome.AuditFigures audit = outcome.audit();
    put(fields, "canary_exposure", audit.canaryExposure());
    put(fields, "canaries_extracted", audit.canariesExtracted());
    put(fields, "canary_jaccard", audit.canaryJaccard());
    put(fields, "membership_auc", audit.membershipAuc());
    put(fields, "membership_tpr_at_1_percent", audit.membershipTpr());
    put(fields, "calibrated_membership_auc", audit.calibratedAuc());
    put(fields, "calibrated_membership_tpr_at_1_percent", audit.calibratedTpr());
    return fields;
  }

  static void put(ObjectNode node, String key, double value) {
    node.put(key, Double.isFinite(value) ? (Double) value : null);
  }

  /**
   * Reads what a finished run came to.
   *
   * @param directory of the run
   * @param settings that the study asks for
   * @return null if the run is not finished
   * @throws InputException if it was done with other settings
   */
  static RunOutcome read(Path directory, ObjectNode settings) {
    JsonNode all;
    try {
      all = Json.MAPPER.readTree(Files.readAllBytes(file(directory)));
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new InputException(
          file(directory) + ": cannot be read: " + FileFailure.why(e) + "; delete " + directory, e);
    }
    requireSame(directory, settings, all.path("settings"));
    return new RunOutcome(
        number(all, "epsilon"),
        number(all, "delta"),
        all.path("steps").asLong(),
        number(all, "perplexity_before"),
        number(all, "perplexity_after"),
        number(all, "seconds"),
        new RunOutcome.AuditFigures(
            number(all, "canary_exposure"),
            number(all, "canaries_extracted"),
            number(all, "canary_jaccard"),
            number(all, "membership_auc"),
            number(all, "membership_tpr_at_1_percent"),
            number(all, "calibrated_membership_auc"),
            number(all, "calibrated_membership_tpr_at_1_percent")));
  }

  private static double number(JsonNode node, String key) {
    return node.path(key).asDouble(Double.NaN);
  }

  private static void requireSame(Path directory, ObjectNode wanted, JsonNode found) {
    for (Map.Entry<String, JsonNode> field : wanted.properties()) {
      String now = field.getValue().asText();
      // A run of before there was a setting had its default.
      String then = found.path(field.getKey()).asText(defaultOf(field.getKey()));
      if (!now.equals(then) && !isOneNumber(now, then)) {
        throw new InputException(
            directory
                + ": holds a finished run with "
                + field.getKey()
                + " = "
                + then
                + ", and the study asks for "
                + now
                + "; choose another output directory, another label, or delete this run");
      }
    }
  }

  private static String defaultOf(String key) {
    return StudyConfigFile.DECIDING.stream()
        .filter(setting -> setting.key().equals(key))
        .findFirst()
        .flatMap(OutcomeFile::fallback)
        .orElse("null");
  }

  private static <T> Optional<String> fallback(Setting<T> setting) {
    return setting.fallback().map(setting::text);
  }

  /** So that 1 and 1.0 are, whether they were read or computed. */
  private static boolean isOneNumber(String one, String other) {
    try {
      return Double.parseDouble(one) == Double.parseDouble(other);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static Path file(Path directory) {
    return directory.resolve("outcome.json");
  }
}
