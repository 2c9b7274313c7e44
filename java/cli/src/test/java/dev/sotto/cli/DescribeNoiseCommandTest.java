package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DescribeNoiseCommandTest {
  @TempDir Path directory;

  private Path file(String json) throws IOException {
    return Files.writeString(directory.resolve("noise.json"), json);
  }

  private static CommandRun describe(Path noise, String... more) {
    String[] args = new String[more.length + 3];
    args[0] = "describe-noise";
    args[1] = "--noise";
    args[2] = noise.toString();
    System.arraycopy(more, 0, args, 3, more.length);
    return CommandRun.of(args);
  }

  private static void assertClose(JsonNode expected, JsonNode actual, String what) {
    if (expected.isTextual()) {
      assertEquals("Infinity", expected.asText());
      assertTrue(actual.isNull(), what + " is infinite, got " + actual);
    } else {
      double value = expected.asDouble();
      assertEquals(value, actual.asDouble(), 1e-6 * Math.abs(value), what);
    }
  }

  @Test
  void printsTheReferenceValues() throws IOException {
    Path oracle = Path.of(System.getProperty("sotto.shared", "absent"), "oracles", "lmo.json");
    Assumptions.assumeTrue(Files.exists(oracle), "reference values are not here");
    for (JsonNode known : new JsonMapper().readTree(oracle.toFile()).get("cases")) {
      Path noise = file(known.get("params").toString());
      for (String order : new String[] {"1.5", "2", "8", "32"}) {
        for (String dimension : new String[] {"1", "10", "1000"}) {
          JsonNode told =
              describe(noise, "--order", order, "--dimension", dimension, "--json").json();
          assertClose(known.get("fisher_information"), told.get("fisher_information"), "I");
          assertClose(known.get("variance"), told.get("variance"), "variance");
          assertClose(
              known.get("log_density").get("0.0"), told.get("log_density_at_zero"), "log p(0)");
          assertClose(
              known.get("renyi_exact").get(order).get("1.0"), told.get("renyi_exact"), "exact");
          assertClose(known.get("renyi_paper").get(order), told.get("renyi_paper"), "paper");
          assertClose(
              known.get("renyi_vector_sup").get(order).get(dimension),
              told.get("renyi_vector"),
              "vector of " + dimension);
        }
      }
    }
  }

  @Test
  void describesPlainLaplaceNoiseForPeople() throws IOException {
    Path noise = file("{\"uniform_weight\": 1, \"uniform_low\": 0.5, \"uniform_high\": 0.5}");
    Path chart = directory.resolve("density.svg");
    String page = describe(noise, "--chart", chart.toString()).succeeded().out();
    assertTrue(page.contains("variance           8\n"), page);
    assertTrue(page.contains("mean |noise|       2\n"), page);
    assertTrue(page.contains("in many dimensions 2 times"), page);
    assertTrue(page.contains("#"), page);
    assertTrue(Files.readString(chart).contains("<svg"));
    JsonNode told = describe(noise, "--json").json();
    assertEquals(Math.log(0.25), told.get("log_density_at_zero").asDouble(), 1e-12);
    assertEquals(0.25, told.get("fisher_information").asDouble(), 1e-9);
  }

  @Test
  void statesTheEpsilonOfOneRelease() throws IOException {
    Path noise = file("{\"uniform_weight\": 1, \"uniform_low\": 0.5, \"uniform_high\": 0.5}");
    JsonNode told = describe(noise, "--delta", "1e-9", "--json").json();
    assertEquals(0.5, told.get("epsilon_vector").asDouble(), 1e-6);
    double gaussian = told.get("epsilon_gaussian").asDouble();
    assertTrue(gaussian > 1.5 && gaussian < 2.5, "of standard deviation 2.83: " + gaussian);
    double many =
        describe(noise, "--delta", "1e-9", "--dimension", "1000", "--json")
            .json()
            .get("epsilon_vector")
            .asDouble();
    assertTrue(many > gaussian, "many coordinates: " + many);
    String page = describe(noise, "--delta", "1e-9").succeeded().out();
    assertTrue(page.contains("not a differential privacy guarantee"), page);
  }

  @Test
  void saysWhichMomentsDoNotExistAndWhy() throws IOException {
    Path noise = file("{\"exponential_weight\": 1, \"exponential_rate\": 1}");
    JsonNode told = describe(noise, "--json").json();
    assertTrue(told.get("variance").isNull());
    assertTrue(told.get("variance_reason").asText().contains("infinite"));
    assertTrue(told.get("mean_absolute").isNull());
    assertTrue(told.get("mean_absolute_reason").asText().contains("E[1/u]"));
    String page =
        describe(noise, "--chart", directory.resolve("d.png").toString()).succeeded().out();
    assertTrue(page.contains("variance           infinite: "), page);
  }

  @Test
  void refusesBadInput() throws IOException {
    Path noise = file("{\"exponential_weight\": 1, \"exponential_rate\": 1}");
    describe(noise, "--order", "1").refused("--order 1", "above 1");
    describe(noise, "--order", "x").refused("--order x");
    describe(noise, "--shift", "-1").refused("--shift -1");
    describe(noise, "--dimension", "0").refused("--dimension 0");
    describe(noise, "--chart", "d.gif").refused("d.gif");
    describe(directory.resolve("none.json")).refused("none.json", "no such file");
    CommandRun.of("describe-noise").refused("--noise is missing");
    describe(file("{\"gamma_weight\": -1, \"gamma_shape\": 1, \"gamma_scale\": 1}"))
        .refused("noise.json", "gamma_weight", "-1");
    describe(file("{}")).refused("noise.json", "weight");
    describe(file("{")).refused("noise.json", "JSON");
  }
}
