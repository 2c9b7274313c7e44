package dev.sotto.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.base.PlainFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A JSON file of a model directory with getters that fail with one clear line.
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

  private ModelConfigFile(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  /**
   * Reads {@code config.json} of a model directory.
   *
   * @param modelDir a HuggingFace model directory
   * @return the configuration
   * @throws InputException if the directory or file is missing, or it is not a JSON object
   */
  public static ModelConfigFile open(Path modelDir) {
    if (!Files.isDirectory(modelDir)) {
      throw new InputException(
          modelDir
              + ": is no directory; name a HuggingFace model directory with config.json,"
              + " model.safetensors and tokenizer.json");
    }
    return read(modelDir.resolve("config.json"));
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
    return new ModelConfigFile(file, root);
  }

  /**
   * The file.
   *
   * @return its path as given
   */
  public Path file() {
    return file;
  }

  /**
   * A field as it stands.
   *
   * @param names the field's names, the first present counts
   * @return the value; a missing node if absent or null, never null
   */
  public JsonNode node(String... names) {
    for (String name : names) {
      JsonNode node = root.path(name);
      if (!node.isMissingNode() && !node.isNull()) {
        return node;
      }
    }
    return MissingNode.getInstance();
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
    JsonNode node = node(name);
    if (node.isMissingNode()) {
      return null;
    }
    if (!node.isObject()) {
      throw wrong(node, "a JSON object", name);
    }
    return new ModelConfigFile(file, node);
  }

  /**
   * A whole number that must be there.
   *
   * @param names the field's names
   * @return the value
   * @throws InputException if absent or no 32-bit whole number
   */
  public int requiredInt(String... names) {
    return asInt(required(names), names);
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
    JsonNode node = node(names);
    return node.isMissingNode() ? fallback : asInt(node, names);
  }

  /**
   * A number that must be there.
   *
   * @param names the field's names
   * @return the value, finite
   * @throws InputException if absent or no finite number
   */
  public double requiredDouble(String... names) {
    return asDouble(required(names), names);
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
    JsonNode node = node(names);
    return node.isMissingNode() ? fallback : asDouble(node, names);
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
    JsonNode node = node(names);
    if (node.isMissingNode()) {
      return fallback;
    }
    if (!node.isBoolean()) {
      throw wrong(node, "true or false", names);
    }
    return node.booleanValue();
  }

  /**
   * A string that must be there.
   *
   * @param names the field's names
   * @return the value
   * @throws InputException if absent or no string
   */
  public String requiredString(String... names) {
    return asString(required(names), names);
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
    JsonNode node = node(names);
    return node.isMissingNode() ? fallback : asString(node, names);
  }

  private JsonNode required(String... names) {
    JsonNode node = node(names);
    if (node.isMissingNode()) {
      throw new InputException(
          file + ": has no field '" + String.join("' or '", names) + "'; add it");
    }
    return node;
  }

  private int asInt(JsonNode node, String... names) {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw wrong(node, "a whole number below 2^31", names);
    }
    return node.intValue();
  }

  private double asDouble(JsonNode node, String... names) {
    if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
      throw wrong(node, "a finite number", names);
    }
    return node.doubleValue();
  }

  private String asString(JsonNode node, String... names) {
    if (!node.isTextual()) {
      throw wrong(node, "a string", names);
    }
    return node.textValue();
  }

  private InputException wrong(JsonNode node, String expected, String... names) {
    return new InputException(
        file
            + ": field '"
            + String.join("' or '", names)
            + "' is "
            + shorten(node.toString())
            + "; it must be "
            + expected);
  }

  private static String shorten(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "...";
  }
}
