package dev.sotto.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.base.JsonFields;
import dev.sotto.base.PlainFile;
import dev.sotto.gguf.GgufFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * A JSON file of a model with getters that fail with one clear line.
 *
 * <p>Each getter takes one or more names, since HuggingFace calls one thing by several ({@code
 * hidden_size}, {@code n_embd}); the first that is present counts. JSON null counts as absent, as
 * it does in HuggingFace configurations.
 */
public final class ModelConfigFile {
  /** Of a key that stands twice the last counts, as for HuggingFace. */
  private static final JsonMapper JSON =
      Json.MAPPER.rebuild().disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final Path file;
  private final JsonNode root;
  private final JsonFields fields;

  private ModelConfigFile(Path file, JsonNode root, JsonFields fields) {
    this.file = file;
    this.root = root;
    this.fields = fields;
  }

  /**
   * Reads {@code config.json} of a model.
   *
   * @param model a HuggingFace model directory, or a GGUF file, whose metadata say the same
   * @return the configuration
   * @throws InputException if the directory or file is missing or malformed
   */
  public static ModelConfigFile open(Path model) {
    if (Files.isRegularFile(model)) {
      return optional(model, "config.json").orElseThrow();
    }
    if (!Files.isDirectory(model)) {
      throw new InputException(
          model
              + ": is no directory; name a HuggingFace model directory with config.json,"
              + " model.safetensors and tokenizer.json, or a GGUF file");
    }
    return read(model.resolve("config.json"));
  }

  /**
   * A JSON file of a model, if it has it.
   *
   * @param model a HuggingFace model directory, or a GGUF file, whose metadata say what {@code
   *     config.json}, {@code generation_config.json}, {@code tokenizer.json} and {@code
   *     tokenizer_config.json} do
   * @param name of the file
   * @throws InputException if it is malformed
   */
  public static Optional<ModelConfigFile> optional(Path model, String name) {
    if (!Files.isRegularFile(model)) {
      Path file = model.resolve(name);
      return Files.exists(file) ? Optional.of(read(file)) : Optional.empty();
    }
    try (GgufFile file = GgufFile.open(model)) {
      JsonNode root =
          switch (name) {
            case "config.json" -> GgufConfig.of(file);
            case "generation_config.json" -> GgufTokenizer.generationConfig(file);
            case "tokenizer.json" -> GgufTokenizer.tokenizer(file);
            case "tokenizer_config.json" -> GgufTokenizer.tokenizerConfig(file);
            default -> MissingNode.getInstance();
          };
      return root.isMissingNode()
          ? Optional.empty()
          : Optional.of(new ModelConfigFile(model, root, JsonFields.of(model, root)));
    }
  }

  /**
   * Reads any JSON object.
   *
   * @param file a JSON file
   * @return its content
   * @throws InputException if it is missing, or is not a JSON object
   */
  public static ModelConfigFile read(Path file) {
    JsonNode root;
    try {
      root = JSON.readTree(Files.readAllBytes(PlainFile.require(file)));
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": no such file; check the directory", e);
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw new InputException(file + ": line " + line + " is not valid JSON; repair the file", e);
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    }
    if (root == null || !root.isObject()) {
      throw new InputException(file + ": is not a JSON object; repair the file");
    }
    return new ModelConfigFile(file, root, JsonFields.of(file, root));
  }

  /**
   * The file.
   *
   * @return its path as given
   */
  public Path file() {
    return file;
  }

  /** Everything as one line of JSON. */
  public byte[] content() {
    return root.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * A field as it stands.
   *
   * @param names the field's names, the first present counts
   * @return the value; a missing node if absent or null, never null
   */
  public JsonNode node(String... names) {
    return present(names).map(root::path).orElse(MissingNode.getInstance());
  }

  /**
   * Whether a field stands in the file, be it null: for the few fields where null and absence mean
   * different things.
   *
   * @param name the field
   * @return true if it is there
   */
  public boolean has(String name) {
    return root.has(name);
  }

  /**
   * An object field as a configuration of its own, with the same file in its messages.
   *
   * @param name the field
   * @return the object, or null if absent
   * @throws InputException if it is not an object
   */
  public ModelConfigFile child(String name) {
    return present(name)
        .map(key -> new ModelConfigFile(file, root.path(key), fields.object(key)))
        .orElse(null);
  }

  /**
   * A whole number that must be there.
   *
   * @param names the field's names
   * @return the value
   * @throws InputException if absent or no 32-bit whole number
   */
  public int requiredInt(String... names) {
    return fields.whole(required(names));
  }

  /**
   * A whole number, or its default.
   *
   * @param fallback value when absent
   * @param names the field's names
   * @return the value
   * @throws InputException if present but no 32-bit whole number
   */
  public int intOr(int fallback, String... names) {
    return present(names).map(fields::whole).orElse(fallback);
  }

  /**
   * A number that must be there.
   *
   * @param names the field's names
   * @return the value, finite
   * @throws InputException if absent or no finite number
   */
  public double requiredDouble(String... names) {
    return fields.number(required(names));
  }

  /**
   * A number, or its default.
   *
   * @param fallback value when absent
   * @param names the field's names
   * @return the value, finite
   * @throws InputException if present but no finite number
   */
  public double doubleOr(double fallback, String... names) {
    return present(names).map(fields::number).orElse(fallback);
  }

  /**
   * A truth value, or its default.
   *
   * @param fallback value when absent
   * @param names the field's names
   * @return the value
   * @throws InputException if present but neither true nor false
   */
  public boolean booleanOr(boolean fallback, String... names) {
    return present(names).map(fields::flag).orElse(fallback);
  }

  /**
   * A string that must be there.
   *
   * @param names the field's names
   * @return the value
   * @throws InputException if absent or no string
   */
  public String requiredString(String... names) {
    return fields.string(required(names));
  }

  /**
   * A string, or its default.
   *
   * @param fallback value when absent; may be null
   * @param names the field's names
   * @return the value
   * @throws InputException if present but no string
   */
  public String stringOr(String fallback, String... names) {
    return present(names).map(fields::string).orElse(fallback);
  }

  /** The first name that stands in the file with a value. */
  private Optional<String> present(String... names) {
    return Arrays.stream(names).filter(root::hasNonNull).findFirst();
  }

  private String required(String... names) {
    return present(names)
        .orElseThrow(
            () ->
                new InputException(
                    file + ": has no field '" + String.join("' or '", names) + "'; add it"));
  }
}
