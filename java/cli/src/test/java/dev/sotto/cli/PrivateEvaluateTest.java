package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code evaluate --private-epsilon}. */
class PrivateEvaluateTest {
  @TempDir static Path work;
  private static Path model;
  private static Path notes;

  @BeforeAll
  static void prepare() {
    model = TinyModel.in(work);
    notes = TinyModel.notes(work);
  }

  private static CommandRun evaluate(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("evaluate", "--model", model.toString(), "--data", notes.toString()));
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  @Test
  void releasesOneNumberUnderNoise() {
    JsonNode first = evaluate("--private-epsilon", "2", "--loss-bound", "6", "--json").json();
    assertFalse(first.has("nats_per_token"), "nothing exact is shown");
    assertFalse(first.has("tokens"), "nothing exact is shown");
    assertTrue(first.get("epsilon").asDouble() <= 2);
    assertEquals(1e-6, first.get("delta").asDouble());
    double noise = first.get("noise_mean_absolute").asDouble();
    assertEquals(6.0 / first.get("records").asInt() / 2, noise, 1e-3 * noise);
    // The records are bounded by 6, and 20 scales of noise have a chance of e^-20.
    double loss = first.get("private_nats_per_token").asDouble();
    assertTrue(loss > 1 - 20 * noise && loss < 6 + 20 * noise, "loss " + loss);
    // Every call draws anew.
    JsonNode second = evaluate("--private-epsilon", "2", "--loss-bound", "6", "--json").json();
    assertNotEquals(loss, second.get("private_nats_per_token").asDouble());
    String page = evaluate("--private-epsilon", "2").succeeded().out();
    assertTrue(page.contains("for one record more or less, by Laplace noise"), page);
    assertFalse(page.contains("perplexity"), page);
  }

  @Test
  void refusesBadInput() {
    evaluate("--private-epsilon", "0").refused("--private-epsilon 0");
    evaluate("--loss-bound", "3").refused("--loss-bound", "--private-epsilon");
    evaluate("--private-delta", "1e-5").refused("--private-delta", "--private-epsilon");
    evaluate("--private-epsilon", "1", "--loss-bound", "-3").refused("--loss-bound -3");
  }
}
