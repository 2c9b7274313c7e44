package dev.sotto.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Accounts for every setting of a file of reference values and calibrates every target of it, and
 * prints the seconds that took beside those the file records for other implementations on another
 * day.
 *
 * <pre>java -cp bench/target/benchmarks.jar dev.sotto.bench.AccountantGrid accounting.json</pre>
 */
public final class AccountantGrid {
  private AccountantGrid() {}

  /**
   * Runs the grid twice and reports the second pass.
   *
   * @param args the file
   * @throws IOException if it cannot be read
   */
  public static void main(String[] args) throws IOException {
    JsonNode file = new ObjectMapper().readTree(Path.of(args[0]).toFile());
    for (boolean report : new boolean[] {false, true}) {
      for (String name : new String[] {"pld", "rdp"}) {
        Accountant accountant = Accountant.named(name);
        double grid = settings(file, accountant);
        double calibration = calibrations(file, accountant);
        if (report) {
          System.out.printf(
              Locale.ROOT, "sotto %s: grid %.2f s, calibrations %.2f s%n", name, grid, calibration);
        }
      }
    }
    System.out.println("recorded, grid: " + recorded(file.get("settings"), "seconds"));
    System.out.println("recorded, calibrations: " + recorded(file.get("calibration"), "sec"));
  }

  private static double settings(JsonNode file, Accountant accountant) {
    long start = System.nanoTime();
    for (JsonNode row : file.get("settings")) {
      for (JsonNode at : row.get("by_delta")) {
        accountant.epsilon(
            Calibration.run(
                row.get("noise_multiplier").asDouble(),
                row.get("sampling_probability").asDouble(),
                row.get("steps").asLong()),
            at.get("delta").asDouble());
      }
    }
    return (System.nanoTime() - start) * 1e-9;
  }

  private static double calibrations(JsonNode file, Accountant accountant) {
    long start = System.nanoTime();
    for (JsonNode row : file.get("calibration")) {
      Calibration.noiseMultiplier(
          accountant,
          row.get("target_eps").asDouble(),
          row.get("delta").asDouble(),
          row.get("q").asDouble(),
          row.get("steps").asLong());
    }
    return (System.nanoTime() - start) * 1e-9;
  }

  private static String recorded(JsonNode rows, String field) {
    Map<String, Double> sums = new TreeMap<>();
    for (JsonNode row : rows) {
      row.path(field)
          .properties()
          .forEach(e -> sums.merge(e.getKey(), e.getValue().asDouble(), Double::sum));
    }
    StringBuilder line = new StringBuilder();
    sums.forEach(
        (name, seconds) -> line.append(String.format(Locale.ROOT, "%s %.1f s  ", name, seconds)));
    return line.toString().strip();
  }
}
