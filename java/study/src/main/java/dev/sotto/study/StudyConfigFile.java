package dev.sotto.study;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.base.InputException;
import dev.sotto.base.JsonFields;
import dev.sotto.base.JsonFile;
import dev.sotto.data.DataColumns;
import dev.sotto.data.RecordOptions;
import dev.sotto.data.TextSplit;
import dev.sotto.model.LoraOptions;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.OptimizerOptions;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.PrivacyOptions;
import dev.sotto.plan.TrainingOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads a {@link StudyConfig} from JSON: one object, with the keys of {@code
 * examples/rldp-study/README.md}. Paths are relative to the file.
 */
public final class StudyConfigFile {
  private static final double DEFAULT_STATISTICS_COST = 0.01;
  private static final double DEFAULT_LOSS_BOUND = 10;
  private static final double DEFAULT_MOMENTUM = 0.9;
  private static final String CONTROLLERS = "controllers";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private enum Reward {
    VALIDATION,
    PRIVATE_LOSS
  }

  private StudyConfigFile() {}

  /**
   * Reads a study.
   *
   * @param file JSON
   * @param controllers the names of controllers that exist
   * @throws InputException in one line with file, key, value and fix
   */
  public static StudyConfig read(Path file, List<String> controllers) {
    JsonFields all = JsonFields.of(file, parse(file));
    requirePublic(file, all);
    // Words for people.
    all.get("about");
    DataOptions data = data(all);
    StudyConfig config =
        new StudyConfig(
            file,
            all.path("model"),
            data,
            lora(all),
            arms(all, controllers),
            all.positives("epsilons").stream().sorted().toList(),
            all.notNegative("delta", 0),
            accountant(all),
            all.wholes("seeds"),
            all.flagOr("seeded_noise", false),
            all.pathOrNull("public_data"),
            audit(all));
    all.refuseUnknown();
    config.epsilons().forEach(epsilon -> all.checked(() -> privacy(config, epsilon)));
    return config;
  }

  private static JsonNode parse(Path file) {
    JsonNode node = JsonFile.read(file, JSON, "begin with examples/rldp-study/study.json");
    if (!node.isObject()) {
      throw new InputException(file + ": is no JSON object; begin it with {");
    }
    return node;
  }

  private static void requirePublic(Path file, JsonFields all) {
    if (!all.flagOr("data_is_public", false)) {
      throw new InputException(
          file
              + ": key 'data_is_public' is not true: a study measures exact values on its data and"
              + " tunes over them, which no epsilon covers; set it to true if the data may be"
              + " published, and study no others");
    }
  }

  private static DataOptions data(JsonFields all) {
    String prompt = all.textOr("prompt_column", null);
    return all.checked(
        () ->
            new DataOptions(
                all.path("train"),
                all.path("validation"),
                0,
                new DataColumns(
                    all.textOr("text_column", DataColumns.DEFAULT_TEXT),
                    prompt,
                    all.textOr("privacy_unit", null)),
                // Public, so a message may quote it.
                new RecordOptions(all.choiceOr("text_split", TextSplit.LINE), true),
                all.textOr("separator", "\n"),
                all.whole("max_length", 128, 2),
                all.whole("max_blocks_per_unit", Integer.MAX_VALUE, 1),
                0));
  }

  private static LoraOptions lora(JsonFields all) {
    return all.checked(
        () ->
            new LoraOptions(
                all.whole("rank", 8, 1),
                all.positive("alpha", 16.0),
                all.textsOr("target_modules", List.of())));
  }

  private static String accountant(JsonFields all) {
    String name = all.textOr("accountant", "pld");
    if (!List.of("pld", "rdp").contains(name)) {
      throw all.wrong("accountant", name, "pld or rdp");
    }
    return name;
  }

  private static StudyConfig.AuditFiles audit(JsonFields all) {
    Path canaries = all.pathOrNull("canaries");
    Path members = all.pathOrNull("members");
    Path nonMembers = all.pathOrNull("non_members");
    if (members == null != (nonMembers == null)) {
      throw all.wrong(
          members == null ? "non_members" : "members",
          members == null ? nonMembers : members,
          "members and non_members together");
    }
    return canaries == null && members == null
        ? null
        : new StudyConfig.AuditFiles(canaries, members, nonMembers);
  }

  private static PrivacyOptions privacy(StudyConfig config, double epsilon) {
    return new PrivacyOptions(
        epsilon, config.delta(), config.accountant(), true, 1, NoiseAllocation.UNIFORM);
  }

  private static List<StudyArm> arms(JsonFields all, List<String> controllers) {
    List<StudyArm> arms = new ArrayList<>();
    Set<String> fileNames = new HashSet<>();
    for (JsonNode entry : all.entries(CONTROLLERS, "a list of names of controllers")) {
      String place = CONTROLLERS + "[" + arms.size() + "]";
      JsonNode object = entry;
      if (entry.isTextual()) {
        object = JsonNodeFactory.instance.objectNode().set("name", entry);
      } else if (!entry.isObject()) {
        throw all.wrong(place, entry, "a name, or an object with a name and settings");
      }
      JsonFields own = all.inside(place, object);
      StudyArm arm = arm(own, own.or(all), controllers);
      own.refuseUnknown();
      if (arm.fileName().isEmpty() || !fileNames.add(arm.fileName())) {
        throw own.wrong(
            "label", "'" + arm.label() + "'", "each entry a label of letters that no other has");
      }
      arms.add(arm);
    }
    return arms;
  }

  private enum ClipBase {
    EQUAL,
    PUBLIC
  }

  private static StudyArm arm(JsonFields own, JsonFields all, List<String> controllers) {
    String name = own.text("name");
    if (!controllers.contains(name)) {
      throw own.wrong("name", "'" + name + "'", "one of " + String.join(", ", controllers));
    }
    boolean adaptNoise = own.flagOr("adapt_noise", false);
    int interval = all.whole("control_interval", 5, 1);
    TrainingOptions training = all.checked(() -> training(all));
    if (interval > training.steps()) {
      throw all.wrong(
          "control_interval", interval, "at most the number of steps, " + training.steps());
    }
    return new StudyArm(
        own.textOr("label", adaptNoise ? name + " + noise" : name),
        name,
        adaptNoise,
        own.pathOrNull("controller_from"),
        all.choiceOr("clip_base", ClipBase.EQUAL) == ClipBase.PUBLIC,
        training,
        all.positive("clip_norm", 1.0),
        all.choiceOr("noise_allocation", NoiseAllocation.UNIFORM),
        interval,
        all.positive("statistics_cost", DEFAULT_STATISTICS_COST),
        all.positive("loss_bound", DEFAULT_LOSS_BOUND),
        all.choiceOr("reward", Reward.VALIDATION) == Reward.PRIVATE_LOSS);
  }

  private static TrainingOptions training(JsonFields all) {
    OptimizerOptions.Kind kind = all.choiceOr("optimizer", OptimizerOptions.Kind.ADAMW);
    double momentum = all.notNegative("momentum", DEFAULT_MOMENTUM);
    return new TrainingOptions(
        all.positive("batch_size", null),
        0,
        all.whole("steps", null, 1),
        0,
        new OptimizerOptions(
            kind,
            kind == OptimizerOptions.Kind.SGD ? momentum : 0,
            all.notNegative("weight_decay", 0)),
        all.positive("learning_rate", 1e-3),
        all.whole("warmup_steps", 0, 0),
        all.choiceOr("decay", LearningRate.Decay.LINEAR),
        all.whole("micro_batch_tokens", 2048, 1),
        all.whole("checkpoint_every", 10, 1));
  }
}
