package dev.sotto.study;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.plan.ControlOptions;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.FinetuneOptions;
import dev.sotto.plan.Privacy;
import dev.sotto.plan.TrainingOptions;
import dev.sotto.report.ChartStyle;
import dev.sotto.settings.Setting;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * One cell of the matrix.
 *
 * @param config the study
 * @param arm controller and settings
 * @param epsilon target ε
 * @param seed of the adapter's initial values and of the controller
 */
public record StudyRun(StudyConfig config, StudyArm arm, double epsilon, long seed) {

  /** Of the run's directory: {@code LABEL-epsE-seedS}. */
  public String name() {
    return arm.fileName()
        + "-eps"
        + new BigDecimal(Double.toString(epsilon)).stripTrailingZeros().toPlainString()
        + "-seed"
        + seed;
  }

  /** For people: label, ε and seed. */
  public String title() {
    return arm.label() + ", ε = " + ChartStyle.digits(epsilon) + ", seed " + seed;
  }

  /** Of the run, but for where it writes and computes. */
  public FinetuneOptions options() {
    FinetuneOptions options =
        arm.options().with(Privacy.EPSILON, epsilon).with(TrainingOptions.SEED, seed);
    return config.seededNoise() ? options.with(FinetuneOptions.INSECURE_TEST_SEED, seed) : options;
  }

  /**
   * Everything that decides what the run does: the rows of the options' table that a study reads,
   * and what it decides itself. Files appear by what they hold, not by where they are, so that a
   * study can be moved.
   */
  ObjectNode settings(FileDigests digests) {
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    FinetuneOptions options = options();
    Map<Setting<?>, String> effective = effective(options);
    for (Setting<?> setting : StudyConfigFile.DECIDING) {
      all.put(
          setting.key(),
          effective.containsKey(setting)
              ? effective.get(setting)
              : text(setting, options, digests));
    }
    all.put("seeded_noise", config.seededNoise());
    StudyConfig.AuditFiles audit = config.audit();
    all.put("canaries", audit == null ? null : digest(audit.canaries(), digests));
    all.put("members", audit == null ? null : digest(audit.members(), digests));
    all.put("non_members", audit == null ? null : digest(audit.nonMembers(), digests));
    return all;
  }

  private static <T> String text(Setting<T> setting, FinetuneOptions options, FileDigests digests) {
    return options
        .values()
        .find(setting)
        .map(value -> value instanceof Path file ? digests.of(file) : setting.text(value))
        .orElse(null);
  }

  /** Values that are not as given: what has another default here, or is ruled by another. */
  private Map<Setting<?>, String> effective(FinetuneOptions options) {
    DataOptions data = options.data();
    Privacy privacy = options.privacy().orElseThrow();
    Map<Setting<?>, String> effective = new HashMap<>();
    effective.put(DataOptions.TEXT_COLUMN, data.columns().text());
    effective.put(DataOptions.SEPARATOR, data.separator());
    effective.put(DataOptions.MAX_BLOCKS_PER_UNIT, Integer.toString(data.maxBlocksPerUnit()));
    effective.put(
        TrainingOptions.MOMENTUM, Double.toString(options.training().optimizer().momentum()));
    effective.put(Privacy.DELTA, Double.toString(privacy.delta()));
    effective.put(Privacy.ACCOUNTANT, config.accountant());
    effective.put(Privacy.NOISE_ALLOCATION, Privacy.NOISE_ALLOCATION.text(privacy.allocation()));
    boolean privateLoss = options.control().orElseThrow().privatizedReward();
    effective.put(ControlOptions.REWARD, privateLoss ? "private-loss" : "validation");
    return effective;
  }

  private static String digest(Path file, FileDigests digests) {
    return file == null ? null : digests.of(file);
  }
}
