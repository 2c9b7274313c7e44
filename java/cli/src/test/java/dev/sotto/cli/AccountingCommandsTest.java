package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code plan} and {@code account}: no data, no kernels. */
class AccountingCommandsTest {
  private static CommandRun account(String... more) {
    return CommandRun.of(
        concat(
            new String[] {
              "account",
              "--sampling-rate",
              "0.001",
              "--noise-multiplier",
              "0.8",
              "--steps",
              "1000",
              "--delta",
              "1e-5"
            },
            more));
  }

  private static CommandRun plan(String... more) {
    return CommandRun.of(
        concat(
            new String[] {
              "plan",
              "--epsilon",
              "0.3",
              "--delta",
              "1e-5",
              "--sampling-rate",
              "0.001",
              "--steps",
              "1000"
            },
            more));
  }

  private static String[] concat(String[] first, String[] second) {
    return java.util.stream.Stream.of(first, second)
        .flatMap(java.util.Arrays::stream)
        .toArray(String[]::new);
  }

  @Test
  void accountsTightlyByDefault() {
    JsonNode tight = account("--json").json();
    assertEquals("pld", tight.get("accountant").asText());
    // Independent accountants: a noise multiplier of 0.80 is just enough for an epsilon of 0.3.
    assertEquals(0.3, tight.get("epsilon").asDouble(), 0.015);
    assertTrue(tight.get("epsilon_lower").asDouble() <= tight.get("epsilon").asDouble());
    assertTrue(tight.get("epsilon_lower").asDouble() > 0.95 * tight.get("epsilon").asDouble());
    JsonNode renyi = account("--accountant", "rdp", "--json").json();
    assertTrue(renyi.get("epsilon").asDouble() > 2 * tight.get("epsilon").asDouble());
  }

  /** Two independent programs have an epsilon of 8.0015 and an advantage of 0.2777 here. */
  @Test
  void saysWhatItMeansToAPerson() {
    JsonNode account =
        CommandRun.of(
                "account",
                "--sampling-rate",
                Double.toString(1024.0 / 67349),
                "--noise-multiplier",
                "0.5253",
                "--steps",
                "150",
                "--delta",
                "1e-5",
                "--candidates",
                "1000",
                "--json")
            .json();
    assertEquals(8.0015, account.get("epsilon").asDouble(), 0.01);
    JsonNode risk = account.get("membership");
    assertEquals(0.2777, risk.get("advantage").asDouble(), 5e-4);
    assertEquals(
        risk.get("true_positives_at_0.001").asDouble(), risk.get("picking").asDouble(), 1e-12);
    assertTrue(!risk.get("from_epsilon_and_delta_alone").asBoolean());
    JsonNode plan =
        CommandRun.of(
                "plan",
                "--advantage",
                "0.2777",
                "--sampling-rate",
                Double.toString(1024.0 / 67349),
                "--steps",
                "150",
                "--delta",
                "1e-5",
                "--parameters",
                "100000",
                "--json")
            .json();
    assertEquals(0.5253, plan.get("noise_multiplier").asDouble(), 1e-3);
    assertEquals(0.2777, plan.get("membership").get("advantage").asDouble(), 5e-4);
  }

  @Test
  void planAndAccountAreInverse() {
    JsonNode plan = plan("--json").json();
    double z = plan.get("noise_multiplier").asDouble();
    // Published: 0.80 by loss distributions where the usual Renyi account asks for 1.40.
    assertEquals(0.80, z, 0.01);
    assertEquals(1.40, plan.get("rdp_noise_multiplier").asDouble(), 0.02);
    assertEquals(0.3, plan.get("epsilon").asDouble());
    assertEquals(1e-5, plan.get("delta").asDouble());
    double epsilon =
        CommandRun.of(
                "account",
                "--sampling-rate",
                "0.001",
                "--noise-multiplier",
                Double.toString(z),
                "--steps",
                "1000",
                "--delta",
                "1e-5",
                "--json")
            .json()
            .get("epsilon")
            .asDouble();
    assertTrue(epsilon <= 0.3 && epsilon > 0.299, "epsilon " + epsilon);
    JsonNode rows = plan.get("epsilon_by_step");
    assertEquals(10, rows.size());
    assertEquals(1000, rows.get(9).get("step").asLong());
  }

  @Test
  void plansFromUnitsAndBatchSize() {
    JsonNode plan =
        CommandRun.of(
                "plan",
                "--epsilon",
                "8",
                "--units",
                "10000",
                "--batch-size",
                "250",
                "--epochs",
                "2",
                "--parameters",
                "40000",
                "--json")
            .json();
    assertEquals(0.025, plan.get("sampling_rate").asDouble());
    assertEquals(80, plan.get("steps").asLong());
    assertEquals(1e-5, plan.get("delta").asDouble());
    assertEquals(250, plan.get("expected_batch").asDouble());
    double z = plan.get("noise_multiplier").asDouble();
    assertEquals(1 / (z * 200), plan.get("unit_signal_to_noise").asDouble(), 1e-12);
    assertEquals(250 / (z * 200), plan.get("batch_signal_to_noise").asDouble(), 1e-9);
  }

  @Test
  void plansForNoiseThatIsNotGaussian(@TempDir Path work) throws IOException {
    JsonNode gaussian = plan("--parameters", "1000", "--json").json();
    assertEquals("gaussian", gaussian.get("mechanism").asText());
    JsonNode laplace = plan("--mechanism", "laplace", "--parameters", "1000", "--json").json();
    assertEquals("laplace", laplace.get("mechanism").asText());
    double z = laplace.get("noise_multiplier").asDouble();
    // Scaled to a Fisher information of 1, Laplace noise has a standard deviation of the root of 2.
    assertEquals(z * Math.sqrt(2), laplace.get("noise_stddev").asDouble(), 1e-4 * z);
    assertEquals(
        gaussian.get("noise_multiplier").asDouble(),
        laplace.get("gaussian_noise_multiplier").asDouble(),
        1e-6,
        "apart from the cut tails of a thousand draws a step");
    assertTrue(laplace.get("epsilon_reached").asDouble() <= 0.3);
    Path law =
        Files.writeString(
            work.resolve("law.json"),
            "{\"gamma_weight\": 1, \"gamma_shape\": 4, \"gamma_scale\": 0.5}");
    String words =
        plan("--mechanism", "lmo", "--noise", law.toString(), "--parameters", "1000")
            .succeeded()
            .out();
    assertTrue(words.contains("a Gaussian needs  multiplier"), words);
    assertTrue(words.contains("times its variance"), words);
    assertFalse(words.contains("Renyi would ask"), words);
    plan("--mechanism", "laplace").refused("--parameters is missing", "coordinates");
    plan("--mechanism", "lmo", "--parameters", "10").refused("--noise is missing");
    plan("--noise", law.toString()).refused("--noise", "--mechanism lmo");
  }

  @Test
  void tellsPeopleTheSame() {
    String words = plan("--parameters", "1000").succeeded().out();
    assertTrue(words.contains("noise multiplier"), words);
    assertTrue(words.contains("Renyi would ask"), words);
    assertTrue(words.contains("signal to noise"), words);
    assertTrue(words.contains("     1,000      0.300"), words);
    assertTrue(account().succeeded().out().contains("epsilon at most"));
  }

  @Test
  void drawsACurve(@TempDir Path work) throws IOException {
    Path png = work.resolve("plan.png");
    JsonNode plan = plan("--json", "--chart", png.toString()).json();
    assertEquals(png.toString(), plan.get("chart").asText());
    assertTrue(ImageIO.read(png.toFile()).getWidth() >= 600);
    Path svg = work.resolve("plan.svg");
    plan("--chart", svg.toString()).succeeded();
    assertTrue(Files.readString(svg).contains("</svg>"));
    plan("--chart", work.resolve("plan.pdf").toString()).refused("plan.pdf", ".png");
    plan("--chart", work.resolve("no/such/plan.png").toString()).refused("plan.png");
    assertFalse(Files.exists(work.resolve("no")));
  }

  @ParameterizedTest
  @CsvSource({
    "--epsilon, 0",
    "--epsilon, -3",
    "--epsilon, NaN",
    "--epsilon, Infinity",
    "--epsilon, 1e9",
    "--epsilon, many",
    "--delta, 0",
    "--delta, 1",
    "--delta, 2",
    "--delta, -1e-5",
    "--sampling-rate, 0",
    "--sampling-rate, 1.1",
    "--steps, 0",
    "--steps, 2.5",
    "--steps, 99999999999",
    "--accountant, moments",
    "--mechanism, cauchy",
    "--clip-norm, 0",
    "--parameters, -1",
    "--chart, ''"
  })
  void planRefuses(String option, String value) {
    java.util.List<String> args =
        new java.util.ArrayList<>(
            java.util.List.of(
                "plan",
                "--epsilon",
                "1",
                "--delta",
                "1e-5",
                "--sampling-rate",
                "0.01",
                "--steps",
                "10"));
    int at = args.indexOf(option);
    if (at >= 0) {
      args.set(at + 1, value);
    } else {
      args.addAll(java.util.List.of(option, value));
    }
    CommandRun.of(args).refused(option.substring(2), value.startsWith("1e9") ? "" : value);
  }

  @ParameterizedTest
  @CsvSource({
    "--sampling-rate, 0",
    "--sampling-rate, NaN",
    "--noise-multiplier, 0",
    "--noise-multiplier, -1",
    "--steps, 0",
    "--steps, 1e3",
    "--steps, 2000000000",
    "--delta, 1",
    "--delta, x",
    "--accountant, zcdp"
  })
  void accountRefuses(String option, String value) {
    java.util.List<String> args =
        new java.util.ArrayList<>(
            java.util.List.of(
                "account",
                "--sampling-rate",
                "0.01",
                "--noise-multiplier",
                "1",
                "--steps",
                "10",
                "--delta",
                "1e-5"));
    int at = args.indexOf(option);
    if (at >= 0) {
      args.set(at + 1, value);
    } else {
      args.addAll(java.util.List.of(option, value));
    }
    CommandRun.of(args).refused(option, value);
  }

  @Test
  void refusesContradictions() {
    plan("--batch-size", "10").refused("--batch-size", "--sampling-rate");
    plan("--epochs", "2").refused("--epochs", "--steps");
    account("--ledger", "x").refused("--ledger", "--sampling-rate");
    CommandRun.of("plan", "--epsilon", "1", "--steps", "5").refused("--sampling-rate is missing");
    CommandRun.of(
            "plan", "--epsilon", "1", "--delta", "0.01", "--units", "1000", "--batch-size", "10")
        .refused("delta 0.01", "1000");
    CommandRun.of("plan", "--epsilon", "1", "--units", "100").refused("--batch-size 256", "100");
  }
}
