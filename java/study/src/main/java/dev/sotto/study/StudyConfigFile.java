package dev.sotto.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sotto.base.InputException;
import dev.sotto.base.JsonFields;
import dev.sotto.optimizer.OptimizerOptions;
import dev.sotto.plan.ChatOptions;
import dev.sotto.plan.ControlOptions;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.FinetuneOptions;
import dev.sotto.plan.Privacy;
import dev.sotto.plan.TrainingOptions;
import dev.sotto.settings.ConfigFile;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.ValueType;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads a {@link StudyConfig} from JSON: one object, with the keys of {@code
 * examples/rldp-study/README.md}. What is not of the study itself is a setting of {@link
 * FinetuneOptions}. Paths are relative to the file.
 */
public final class StudyConfigFile {
  private static final int DEFAULT_LENGTH = 128;
  private static final String CONTROLLERS = "controllers";

  /** Of one entry of the controllers alone. */
  private static final Set<Setting<?>> OWN =
      Set.of(ControlOptions.ADAPT_NOISE, ControlOptions.CONTROLLER_FROM);

  /** What a study decides itself, or cannot compare. */
  static final Set<Setting<?>> NOT_READ =
      Set.of(
          ControlOptions.CONTROLLER,
          DataOptions.COMPLETION_COLUMN,
          DataOptions.PUBLIC_SIZE,
          DataOptions.SHOW_VALUES,
          DataOptions.VALIDATION_FRACTION,
          FinetuneOptions.ADAPTER,
          Privacy.ACCOUNTING,
          Privacy.BUDGET_BOOK,
          Privacy.CLIPPING,
          Privacy.EPSILON,
          Privacy.MECHANISM,
          Privacy.NOISE,
          Privacy.NO_PRIVACY,
          TrainingOptions.EPOCHS,
          TrainingOptions.SAMPLING_RATE,
          TrainingOptions.SEED);

  /** How a run is stopped and watched, and how much memory it takes. */
  private static final Set<Setting<?>> WITHOUT_EFFECT =
      Set.of(
          TrainingOptions.CHECKPOINT_EVERY,
          TrainingOptions.MICRO_BATCH_TOKENS,
          TrainingOptions.VALIDATE_EVERY);

  /** The rows that are keys of the file. */
  private static final List<Setting<?>> READ =
      FinetuneOptions.TABLE.stream()
          .filter(section -> section != FinetuneOptions.RUN && section != ChatOptions.SECTION)
          .<Setting<?>>flatMap(section -> section.settings().stream())
          .filter(setting -> !NOT_READ.contains(setting))
          .toList();

  /** What decides how a run of a study trains. */
  static final List<Setting<?>> DECIDING = deciding();

  private StudyConfigFile() {}

  private static List<Setting<?>> deciding() {
    List<Setting<?>> deciding = new ArrayList<>(READ);
    deciding.removeAll(WITHOUT_EFFECT);
    deciding.addAll(List.of(ControlOptions.CONTROLLER, Privacy.EPSILON, TrainingOptions.SEED));
    return List.copyOf(deciding);
  }

  /**
   * Reads a study.
   *
   * @param file JSON
   * @throws InputException in one line with file, key, value and fix
   */
  public static StudyConfig read(Path file) {
    JsonFields all =
        JsonFields.of(file, ConfigFile.object(file, "begin with examples/rldp-study/study.json"));
    requirePublic(file, all);
    // Words for people.
    all.get("about");
    StudyConfig config =
        new StudyConfig(
            file,
            arms(file, all),
            each(file, all, "epsilons", Privacy.EPSILON).stream().sorted().toList(),
            read(file, all, Privacy.ACCOUNTANT, Values.NONE).get(Privacy.ACCOUNTANT),
            each(file, all, "seeds", TrainingOptions.SEED),
            all.flagOr("seeded_noise", false),
            audit(all));
    all.refuseUnknown();
    for (double epsilon : config.epsilons()) {
      all.checked(() -> config.arms().get(0).options().with(Privacy.EPSILON, epsilon));
    }
    return config;
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

  private static List<StudyArm> arms(Path file, JsonFields all) {
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
      StudyArm arm = arm(file, own, all);
      own.refuseUnknown();
      if (arm.fileName().isEmpty() || !fileNames.add(arm.fileName())) {
        throw own.wrong(
            "label", "'" + arm.label() + "'", "each entry a label of letters that no other has");
      }
      arms.add(arm);
    }
    return arms;
  }

  private static StudyArm arm(Path file, JsonFields own, JsonFields all) {
    ValueType<String> known = ControlOptions.CONTROLLER.type();
    String name = own.text("name");
    if (known.parse().apply(name).isEmpty()) {
      throw own.wrong("name", "'" + name + "'", known.wanted());
    }
    JsonFields either = own.or(all);
    Values values = Values.NONE.with(ControlOptions.CONTROLLER, name);
    for (Section section : FinetuneOptions.TABLE) {
      for (Setting<?> setting : section.settings()) {
        if (READ.contains(setting)) {
          values = read(file, fields(section, setting, own, all, either), setting, values);
        }
      }
    }
    requireAll(file, values);
    Values read = values;
    FinetuneOptions options = either.checked(() -> options(read));
    int interval = options.control().orElseThrow().interval();
    if (interval > options.training().steps()) {
      throw either.wrong(
          ControlOptions.CONTROL_INTERVAL.key(),
          interval,
          "at most the number of steps, " + options.training().steps());
    }
    boolean adaptNoise = options.control().orElseThrow().adaptNoise();
    return new StudyArm(own.textOr("label", adaptNoise ? name + " + noise" : name), options);
  }

  /** Arms differ in how they train; model, data and guarantee are those of the study. */
  private static JsonFields fields(
      Section section, Setting<?> setting, JsonFields own, JsonFields all, JsonFields either) {
    if (OWN.contains(setting)) {
      return own;
    }
    boolean common =
        section == FinetuneOptions.ADAPTED
            || section == DataOptions.SECTION
            || setting == Privacy.ACCOUNTANT
            || setting == Privacy.DELTA
            || setting == ControlOptions.PUBLIC_DATA;
    return common ? all : either;
  }

  private static <T> Values read(Path file, JsonFields fields, Setting<T> setting, Values values) {
    JsonNode node = fields.get(setting.key());
    if (node == null) {
      return values;
    }
    if (node.isTextual() && node.textValue().isEmpty()) {
      throw fields.wrong(setting.key(), node, "a text in quotes");
    }
    return values.with(setting, value(file, fields, setting.key(), setting, node));
  }

  /** Values of one setting, of which every arm has a run each. */
  private static <T> List<T> each(Path file, JsonFields fields, String key, Setting<T> setting) {
    return fields.list(
        key,
        "a list, each " + setting.type().wanted(),
        node -> value(file, fields, key, setting, node));
  }

  private static <T> T value(
      Path file, JsonFields fields, String key, Setting<T> setting, JsonNode node) {
    return setting
        .read(node, file.toAbsolutePath())
        .orElseThrow(() -> fields.wrong(key, node, setting.type().wanted()));
  }

  private static void requireAll(Path file, Values values) {
    for (Setting<?> setting :
        List.of(
            FinetuneOptions.MODEL,
            DataOptions.TRAIN,
            DataOptions.VALIDATION,
            TrainingOptions.BATCH_SIZE,
            TrainingOptions.STEPS)) {
      if (!values.has(setting)) {
        throw new InputException(
            file + ": key '" + setting.key() + "' is missing; give " + setting.type().wanted());
      }
    }
  }

  private static FinetuneOptions options(Values given) {
    Values values = given;
    if (!values.has(DataOptions.MAX_LENGTH)) {
      values = values.with(DataOptions.MAX_LENGTH, DEFAULT_LENGTH);
    }
    if (values.has(DataOptions.PROMPT_COLUMN)) {
      // Here what is learned after a prompt is the text column.
      values =
          values
              .without(List.of(DataOptions.TEXT_COLUMN))
              .with(DataOptions.COMPLETION_COLUMN, values.get(DataOptions.TEXT_COLUMN));
    }
    // Settings for all arms may mean nothing to one of them.
    if (values.get(TrainingOptions.OPTIMIZER) != OptimizerOptions.Kind.SGD) {
      values = values.without(List.of(TrainingOptions.MOMENTUM));
    }
    if (values.get(ControlOptions.ADAPT_NOISE)) {
      values = values.without(List.of(Privacy.ACCOUNTANT));
    }
    // The data are public, so a message may quote them.
    return FinetuneOptions.of(
        values.with(DataOptions.SHOW_VALUES, true).with(FinetuneOptions.OUTPUT, Path.of("")));
  }
}
