package dev.sotto.study;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.plan.ControlOptions;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.FinetuneOptions;
import dev.sotto.plan.Privacy;
import dev.sotto.plan.TrainingOptions;
import dev.sotto.report.ChartStyle;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Locale;

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
   * Everything that decides what the run does. Files appear by what they hold, not by where they
   * are, so that a study can be moved.
   */
  ObjectNode settings(FileDigests digests) {
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    FinetuneOptions options = options();
    DataOptions data = options.data();
    Privacy privacy = options.privacy().orElseThrow();
    ControlOptions control = options.control().orElseThrow();
    all.put("model", digests.of(config.model()));
    all.put("train", digests.of(data.train()));
    all.put("validation", data.validation().map(digests::of).orElse(null));
    all.put("text_column", data.columns().text());
    all.put("prompt_column", data.columns().prompt());
    all.put("separator", data.separator());
    all.put("privacy_unit", data.columns().unit());
    all.put("max_length", data.maxLength());
    all.put("max_blocks_per_unit", data.maxBlocksPerUnit());
    all.put("rank", options.lora().rank());
    all.put("alpha", options.lora().alpha());
    all.put("target_modules", String.join(",", options.lora().targetModules()));
    TrainingOptions training = options.training();
    all.put("batch_size", training.batchSize());
    all.put("steps", training.steps());
    all.put("optimizer", word(training.optimizer().kind()));
    all.put("momentum", training.optimizer().momentum());
    all.put("weight_decay", training.optimizer().weightDecay());
    all.put("learning_rate", training.learningRate());
    all.put("warmup_steps", training.warmupSteps());
    all.put("decay", word(training.decay()));
    all.put("epsilon", epsilon);
    all.put("delta", privacy.delta());
    all.put("accountant", config.accountant());
    all.put("clip_norm", privacy.clipNorm());
    all.put("noise_allocation", word(privacy.allocation()));
    all.put("controller", arm.controller());
    all.put("adapt_noise", control.adaptNoise());
    all.put("controller_from", control.startFrom().map(digests::of).orElse(null));
    all.put("clip_base", control.publicBase() ? "public" : "equal");
    all.put("control_interval", control.interval());
    all.put("statistics_cost", control.statisticsCost());
    all.put("loss_bound", control.lossBound());
    all.put("reward", control.privatizedReward() ? "private-loss" : "validation");
    all.put("public_data", control.publicData().map(digests::of).orElse(null));
    all.put("seed", seed);
    all.put("seeded_noise", config.seededNoise());
    StudyConfig.AuditFiles audit = config.audit();
    all.put("canaries", audit == null ? null : digest(audit.canaries(), digests));
    all.put("members", audit == null ? null : digest(audit.members(), digests));
    all.put("non_members", audit == null ? null : digest(audit.nonMembers(), digests));
    return all;
  }

  private static String digest(Path file, FileDigests digests) {
    return file == null ? null : digests.of(file);
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
