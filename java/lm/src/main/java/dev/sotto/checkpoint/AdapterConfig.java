package dev.sotto.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.regex.Pattern;

/**
 * What {@code adapter_config.json} says about a LoRA adapter, in the terms of HuggingFace PEFT.
 *
 * @param baseModel path or name of the base model; null if unknown
 * @param taskType PEFT's task type, {@code CAUSAL_LM} for language models; null if unset
 * @param scaling of the pairs
 * @param targetModules names of the adapted modules; each matches a module path that equals it or
 *     ends in a dot and it
 * @param fanInFanOut whether the base stores these weights as [in, out], as GPT-2 does; the
 *     adapter's own tensors do not depend on it
 * @param dropout dropout of the adapter's input in training, 0 to below 1; it has no effect on
 *     inference
 * @param modulesToSave names of modules that the adapter holds whole; empty for none
 */
public record AdapterConfig(
    String baseModel,
    String taskType,
    Scaling scaling,
    List<String> targetModules,
    boolean fanInFanOut,
    double dropout,
    List<String> modulesToSave) {
  /**
   * How much of B·A is added.
   *
   * @param rank inner dimension r of a pair, at least 1
   * @param alpha numerator of the factor, finite and above 0
   * @param rankStabilized whether the factor is alpha/√r (Kalajdzievski 2023, PEFT's {@code
   *     use_rslora}) in place of alpha/r
   * @param rankPattern the ranks of modules that have another one, by name; the first name that
   *     equals a module's path, or that it ends in behind a dot, counts
   * @param alphaPattern the same of alpha
   */
  public record Scaling(
      int rank,
      double alpha,
      boolean rankStabilized,
      Map<String, Integer> rankPattern,
      Map<String, Double> alphaPattern) {
    /** Checks the numbers. */
    public Scaling {
      rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern));
      alphaPattern = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPattern));
      checkRank(rank);
      rankPattern.values().forEach(Scaling::checkRank);
      checkAlpha(alpha);
      alphaPattern.values().forEach(Scaling::checkAlpha);
    }

    /** The same for every module. */
    public Scaling(int rank, double alpha, boolean rankStabilized) {
      this(rank, alpha, rankStabilized, Map.of(), Map.of());
    }

    private static void checkRank(int rank) {
      if (rank < 1) {
        throw new IllegalArgumentException("LoRA rank is " + rank + "; it must be at least 1");
      }
    }

    private static void checkAlpha(double alpha) {
      if (!(alpha > 0) || !Double.isFinite(alpha)) {
        throw new IllegalArgumentException("LoRA alpha is " + alpha + "; it must be above 0");
      }
    }

    /** Rank of a module's pair. */
    public int rank(String module) {
      return byName(rankPattern, module, rank);
    }

    /**
     * The factor on B·A of a module.
     *
     * @param module its path
     * @return alpha/r, or alpha/√r if rank-stabilized
     */
    public double factor(String module) {
      int r = rank(module);
      return byName(alphaPattern, module, alpha) / (rankStabilized ? Math.sqrt(r) : r);
    }

    private static <T> T byName(Map<String, T> pattern, String module, T otherwise) {
      for (Map.Entry<String, T> entry : pattern.entrySet()) {
        String name = entry.getKey();
        if (module.equals(name) || module.endsWith("." + name)) {
          return entry.getValue();
        }
      }
      return otherwise;
    }
  }

  private static final Pattern MODULE_NAME = Pattern.compile("[\\w.-]+");

  /** Name of the file in an adapter directory. */
  public static final String FILE_NAME = "adapter_config.json";

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of its range
   */
  public AdapterConfig {
    targetModules = List.copyOf(targetModules);
    modulesToSave = List.copyOf(modulesToSave);
    if (targetModules.isEmpty() && modulesToSave.isEmpty()) {
      throw new IllegalArgumentException("LoRA target modules are empty; name at least one");
    }
    if (!(dropout >= 0) || dropout >= 1) {
      throw new IllegalArgumentException("LoRA dropout is " + dropout + "; it must be in [0, 1)");
    }
  }

  /**
   * A configuration as this project trains it: no dropout, causal language model.
   *
   * @param baseModel path or name of the base model; null if unknown
   * @param scaling of the pairs
   * @param targetModules names of the adapted modules, at least one
   * @param fanInFanOut whether the base stores these weights as [in, out]
   * @return the configuration
   * @throws IllegalArgumentException if a value is out of its range
   */
  public static AdapterConfig causalLanguageModel(
      String baseModel, Scaling scaling, List<String> targetModules, boolean fanInFanOut) {
    return new AdapterConfig(
        baseModel, "CAUSAL_LM", scaling, targetModules, fanInFanOut, 0, List.of());
  }

  /**
   * Reads the file of an adapter directory.
   *
   * @param adapterDir a PEFT adapter directory
   * @return the configuration
   * @throws InputException if the file is missing or malformed, or asks for something that would
   *     change the result and is not supported: it is refused, never ignored
   */
  public static AdapterConfig read(Path adapterDir) {
    ModelConfigFile file = ModelConfigFile.read(adapterDir.resolve(FILE_NAME));
    refuseUnless(file, "peft_type", "LORA".equals(file.requiredString("peft_type")), "LORA");
    refuseUnless(file, "bias", "none".equals(file.stringOr("none", "bias")), "none");
    for (String flag : List.of("use_dora", "lora_bias", "use_qalora", "use_bdlora")) {
      JsonNode node = file.node(flag);
      refuseUnless(file, flag, node.isMissingNode() || isFalse(node), "false");
    }
    for (String field :
        List.of(
            "layer_replication",
            "exclude_modules",
            "target_parameters",
            "trainable_token_indices",
            "alora_invocation_tokens")) {
      JsonNode node = file.node(field);
      boolean empty = node.isMissingNode() || (node.isContainerNode() && node.isEmpty());
      refuseUnless(file, field, empty, "empty");
    }
    // Initialisations such as pissa or olora rewrite the base weights; A and B alone are not
    // enough.
    JsonNode initialisation = file.node("init_lora_weights");
    refuseUnless(
        file,
        "init_lora_weights",
        initialisation.isMissingNode()
            || initialisation.isBoolean()
            || List.of("gaussian", "orthogonal").contains(initialisation.asText()),
        "true");
    try {
      return new AdapterConfig(
          file.stringOr(null, "base_model_name_or_path"),
          file.stringOr(null, "task_type"),
          new Scaling(
              file.requiredInt("r"),
              file.requiredDouble("lora_alpha"),
              file.booleanOr(false, "use_rslora"),
              pattern(file, "rank_pattern", ModelConfigFile::requiredInt),
              pattern(file, "alpha_pattern", ModelConfigFile::requiredDouble)),
          names(file, "target_modules"),
          file.booleanOr(false, "fan_in_fan_out"),
          file.doubleOr(0, "lora_dropout"),
          names(file, "modules_to_save"));
    } catch (IllegalArgumentException e) {
      throw new InputException(file.file() + ": " + e.getMessage(), e);
    }
  }

  /** Numbers by the names of modules. A name may be a regular expression in PEFT, not here. */
  private static <T> Map<String, T> pattern(
      ModelConfigFile file, String field, BiFunction<ModelConfigFile, String[], T> number) {
    Map<String, T> numbers = new LinkedHashMap<>();
    ModelConfigFile section = file.child(field);
    if (section != null) {
      file.node(field)
          .fieldNames()
          .forEachRemaining(
              name -> {
                refuseUnless(file, field, MODULE_NAME.matcher(name).matches(), "names of modules");
                numbers.put(name, number.apply(section, new String[] {name}));
              });
    }
    return numbers;
  }

  private static boolean isFalse(JsonNode node) {
    return node.isBoolean() && !node.booleanValue();
  }

  private static List<String> names(ModelConfigFile file, String field) {
    JsonNode node = file.node(field);
    List<String> modules = new ArrayList<>();
    boolean none = node.isMissingNode() && field.equals("modules_to_save");
    refuseUnless(file, field, node.isArray() || none, "a list of module names");
    node.forEach(element -> modules.add(element.asText()));
    return modules;
  }

  private static void refuseUnless(
      ModelConfigFile file, String field, boolean supported, String wanted) {
    if (!supported) {
      throw new InputException(
          file.file()
              + ": field '"
              + field
              + "' is "
              + file.node(field)
              + ", which is not supported; only "
              + wanted
              + " is");
    }
  }

  /**
   * Writes the file of an adapter directory, with the fields and order of PEFT.
   *
   * @param adapterDir an existing directory
   * @throws InputException if it cannot be written
   */
  public void write(Path adapterDir) {
    ObjectNode root = Json.object();
    ObjectNode alphas = root.putObject("alpha_pattern");
    scaling.alphaPattern().forEach((name, alpha) -> putNumber(alphas, name, alpha));
    root.putNull("auto_mapping");
    root.put("base_model_name_or_path", baseModel);
    root.put("bias", "none");
    root.put("fan_in_fan_out", fanInFanOut);
    root.put("inference_mode", true);
    root.put("init_lora_weights", true);
    root.putNull("layers_pattern");
    root.putNull("layers_to_transform");
    putNumber(root, "lora_alpha", scaling.alpha());
    root.put("lora_dropout", dropout);
    if (modulesToSave.isEmpty()) {
      root.putNull("modules_to_save");
    } else {
      var saved = root.putArray("modules_to_save");
      modulesToSave.forEach(saved::add);
    }
    root.put("peft_type", "LORA");
    root.put("r", scaling.rank());
    ObjectNode ranks = root.putObject("rank_pattern");
    scaling.rankPattern().forEach(ranks::put);
    root.putNull("revision");
    var modules = root.putArray("target_modules");
    targetModules.forEach(modules::add);
    root.put("task_type", taskType);
    root.put("use_dora", false);
    root.put("use_rslora", scaling.rankStabilized());
    AtomicFile.write(adapterDir.resolve(FILE_NAME), Json.file(root));
  }

  private static void putNumber(ObjectNode object, String field, double number) {
    if (number == Math.rint(number) && number < 1e9) {
      object.put(field, (int) number);
    } else {
      object.put(field, number);
    }
  }
}
