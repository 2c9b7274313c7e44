package dev.sotto.noisefile;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.noise.LmoNoise;
import java.nio.file.Path;
import java.util.Set;

/**
 * A file that holds one law of LMO noise: a JSON object with the fields of {@link NoiseFields}. Two
 * more may stand beside them and change nothing: {@code search}, how the law was found, and {@code
 * about}, words for people.
 */
public final class NoiseFile {
  private static final String SEARCH = "search";
  private static final Set<String> BESIDE = Set.of(SEARCH, "about");

  /** Reads NaN and Infinity as well, so that they are refused by the name of their field. */
  private static final ObjectReader JSON =
      Json.MAPPER.reader().with(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS);

  private NoiseFile() {}

  /**
   * Reads a law.
   *
   * @param file JSON
   * @return the law
   * @throws InputException if the file is missing or no law, in one line with field, value and fix
   */
  public static LmoNoise read(Path file) {
    JsonNode node =
        Json.read(file, JSON, "make one with 'sotto search-noise', or correct the path");
    try {
      return NoiseFields.read(node, BESIDE);
    } catch (IllegalArgumentException e) {
      throw new InputException(file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Writes a law, replacing an older file.
   *
   * @param file the target
   * @param law the law
   * @param search how it was found, or null
   * @throws InputException if it cannot be written
   */
  public static void write(Path file, LmoNoise law, ObjectNode search) {
    ObjectNode node = NoiseFields.write(law);
    if (search != null) {
      node.set(SEARCH, search);
    }
    AtomicFile.write(file, Json.file(node));
  }
}
