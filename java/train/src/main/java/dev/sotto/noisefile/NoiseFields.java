package dev.sotto.noisefile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.JsonFields;
import dev.sotto.noise.LmoNoise;
import java.util.List;
import java.util.Set;

/**
 * The thirteen numbers of an {@link LmoNoise} under their fixed names. A component is absent when
 * its weight is 0 or none of its fields is given; one that is there needs all of them.
 */
public final class NoiseFields {
  private static final String GAMMA = "gamma_";
  private static final String EXPONENTIAL = "exponential_";
  private static final String UNIFORM = "uniform_";
  private static final String TRUNCATED_NORMAL = "truncated_normal_";
  private static final String WEIGHT = "weight";

  private static final List<String> NAMES =
      List.of(
          GAMMA + WEIGHT,
          GAMMA + "shape",
          GAMMA + "scale",
          EXPONENTIAL + WEIGHT,
          EXPONENTIAL + "rate",
          UNIFORM + WEIGHT,
          UNIFORM + "low",
          UNIFORM + "high",
          TRUNCATED_NORMAL + WEIGHT,
          TRUNCATED_NORMAL + "mean",
          TRUNCATED_NORMAL + "stddev",
          TRUNCATED_NORMAL + "low",
          TRUNCATED_NORMAL + "high");

  private NoiseFields() {}

  /** All fields of a law; numbers in full, so that what is read back is the same law. */
  public static ObjectNode write(LmoNoise law) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    LmoNoise.Gamma gamma = law.gamma();
    node.put(GAMMA + WEIGHT, gamma.weight());
    node.put(GAMMA + "shape", gamma.shape());
    node.put(GAMMA + "scale", gamma.scale());
    LmoNoise.Exponential exponential = law.exponential();
    node.put(EXPONENTIAL + WEIGHT, exponential.weight());
    node.put(EXPONENTIAL + "rate", exponential.rate());
    LmoNoise.Uniform uniform = law.uniform();
    node.put(UNIFORM + WEIGHT, uniform.weight());
    node.put(UNIFORM + "low", uniform.low());
    node.put(UNIFORM + "high", uniform.high());
    LmoNoise.TruncatedNormal normal = law.truncatedNormal();
    node.put(TRUNCATED_NORMAL + WEIGHT, normal.weight());
    node.put(TRUNCATED_NORMAL + "mean", normal.mean());
    node.put(TRUNCATED_NORMAL + "stddev", normal.stddev());
    node.put(TRUNCATED_NORMAL + "low", normal.low());
    node.put(TRUNCATED_NORMAL + "high", normal.high());
    return node;
  }

  /**
   * Reads a law.
   *
   * @param node an object
   * @param beside keys that may stand beside the law's and are not looked at
   * @throws IllegalArgumentException in one line that names the key, the value and the fix
   */
  public static LmoNoise read(JsonNode node, Set<String> beside) {
    JsonFields fields = JsonFields.of(node);
    NAMES.forEach(fields::get);
    beside.forEach(fields::get);
    fields.refuseUnknown();
    return new LmoNoise(
        present(node, GAMMA)
            ? new LmoNoise.Gamma(
                fields.number(GAMMA + WEIGHT),
                fields.number(GAMMA + "shape"),
                fields.number(GAMMA + "scale"))
            : LmoNoise.Gamma.none(),
        present(node, EXPONENTIAL)
            ? new LmoNoise.Exponential(
                fields.number(EXPONENTIAL + WEIGHT), fields.number(EXPONENTIAL + "rate"))
            : LmoNoise.Exponential.none(),
        present(node, UNIFORM)
            ? new LmoNoise.Uniform(
                fields.number(UNIFORM + WEIGHT),
                fields.number(UNIFORM + "low"),
                fields.number(UNIFORM + "high"))
            : LmoNoise.Uniform.none(),
        present(node, TRUNCATED_NORMAL)
            ? new LmoNoise.TruncatedNormal(
                fields.number(TRUNCATED_NORMAL + WEIGHT),
                fields.number(TRUNCATED_NORMAL + "mean"),
                fields.number(TRUNCATED_NORMAL + "stddev"),
                fields.number(TRUNCATED_NORMAL + "low"),
                fields.number(TRUNCATED_NORMAL + "high"))
            : LmoNoise.TruncatedNormal.none());
  }

  /** Whether a component is given with more than a weight of 0. */
  private static boolean present(JsonNode node, String component) {
    long given = NAMES.stream().filter(n -> n.startsWith(component) && node.has(n)).count();
    return given > 1 || given == 1 && !(node.path(component + WEIGHT).doubleValue() == 0);
  }
}
