package dev.sotto.noisefile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sotto.base.InputException;
import dev.sotto.noise.LmoNoise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NoiseFileTest {
  private static final String PUBLISHED =
      """
      {"gamma_weight": 0.1, "gamma_shape": 1, "gamma_scale": 0.5, "exponential_weight": 0.1,
       "exponential_rate": 5, "uniform_weight": 0.1, "uniform_low": 1, "uniform_high": 2}
      """;

  @TempDir Path dir;

  private Path file(String text) throws IOException {
    return Files.writeString(dir.resolve("noise.json"), text);
  }

  @Test
  void readsThePublishedLaw() throws IOException {
    LmoNoise expected =
        new LmoNoise(
            new LmoNoise.Gamma(0.1, 1, 0.5),
            new LmoNoise.Exponential(0.1, 5),
            new LmoNoise.Uniform(0.1, 1, 2),
            LmoNoise.TruncatedNormal.none());
    assertEquals(expected, NoiseFile.read(file(PUBLISHED)));
  }

  @Test
  void componentsMayBeLeftOut() throws IOException {
    LmoNoise gamma =
        new LmoNoise(
            new LmoNoise.Gamma(1, 3, 2),
            LmoNoise.Exponential.none(),
            LmoNoise.Uniform.none(),
            LmoNoise.TruncatedNormal.none());
    String fields = "\"gamma_weight\": 1, \"gamma_shape\": 3, \"gamma_scale\": 2";
    assertEquals(gamma, NoiseFile.read(file("{" + fields + "}")));
    assertEquals(
        gamma,
        NoiseFile.read(
            file(
                "{"
                    + fields
                    + ", \"uniform_weight\": 0, \"about\": \"x\", \"search\": {\"seed\": 1}}")));
  }

  @Test
  void whatIsWrittenIsReadBack() {
    Path file = dir.resolve("written.json");
    LmoNoise law =
        new LmoNoise(
            new LmoNoise.Gamma(0.1, 1 / 3.0, 1e-9),
            new LmoNoise.Exponential(1e20, Math.PI),
            new LmoNoise.Uniform(0, 0, 1),
            new LmoNoise.TruncatedNormal(2, -1.5, 0.1, 0, 1e10));
    NoiseFile.write(file, law, JsonNodeFactory.instance.objectNode().put("seed", 7));
    assertEquals(law, NoiseFile.read(file));
    NoiseFile.write(file, law, null);
    assertEquals(law, NoiseFile.read(file));
    assertEquals(law, NoiseFields.read(NoiseFields.write(law), Set.of()));
  }

  /** Each row replaces a field of the published law and names what the message must hold. */
  @ParameterizedTest
  @CsvSource({
    "gamma_weight, -0.1, -0.1",
    "gamma_weight, NaN, NaN",
    "gamma_weight, Infinity, Infinity",
    "gamma_weight, 1e999, Infinity",
    "gamma_weight, '\"0.1\"', without quotes",
    "gamma_weight, null, not a number",
    "gamma_shape, 0, 0",
    "gamma_scale, -1, -1",
    "exponential_weight, -1, -1",
    "exponential_rate, 0, 0",
    "uniform_low, 3, 3",
    "uniform_low, -1, -1",
    "uniform_high, -Infinity, Infinity"
  })
  void badValuesAreRefusedByName(String field, String value, String word) throws IOException {
    String text =
        PUBLISHED.replaceFirst("\"" + field + "\": [0-9.]+", "\"" + field + "\": " + value);
    assertTrue(!text.equals(PUBLISHED));
    refused(text, field, word);
  }

  @Test
  void otherMistakesAreRefused() throws IOException {
    refused(PUBLISHED.replace("gamma_shape", "gamma_form"), "gamma_form", "gamma_shape");
    refused(PUBLISHED.replace("\"gamma_scale\": 0.5, ", ""), "gamma_scale", "missing");
    refused(PUBLISHED.replace("\"uniform_weight\": 0.1, ", ""), "uniform_weight", "missing");
    refused(PUBLISHED.replace("_weight\": 0.1", "_weight\": 0"), "weight");
    refused("{}", "weight");
    refused("[]", "no JSON object");
    refused("", "no JSON object");
    refused("{\"gamma_weight\": 1", "no JSON");
    refused(PUBLISHED + "{}", "no JSON");
    refused(
        PUBLISHED.replace("{", "{\"uniform_low\": 1, "),
        "two keys of one name",
        "line 2, column 61");
    assertTrue(
        assertThrows(InputException.class, () -> NoiseFile.read(dir.resolve("none.json")))
            .getMessage()
            .contains("no such file"));
  }

  private void refused(String text, String... words) throws IOException {
    Path file = file(text);
    String message =
        assertThrows(InputException.class, () -> NoiseFile.read(file), text).getMessage();
    assertTrue(message.startsWith(file + ": "), message);
    assertEquals(1, message.lines().count(), message);
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
  }
}
