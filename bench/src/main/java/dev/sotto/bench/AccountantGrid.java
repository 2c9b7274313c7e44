package dev.sotto.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Accounts for every setting of a file of reference values and calibrates every target of it, and
 * prints the seconds that took beside those the file records for other implementations on another
 * day. A second file, of independent brackets around the true epsilon, is accounted for setting by
 * setting: what pld says, how far above the bracket that is in parts of what is allowed (0.5% or
 * 1e-4, whichever is larger), and the time on the wall's clock and of the thread alone.
 *
 * <pre>java -cp bench/target/benchmarks.jar dev.sotto.bench.AccountantGrid accounting.json \
 *     bench/results/accounting_truth.csv</pre>
 */
public final class AccountantGrid {
  private AccountantGrid() {}

  /**
   * Runs each grid twice and reports the second pass.
   *
   * @param args the file of reference values, and possibly that of brackets
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
    if (args.length > 1) {
      brackets(Files.readAllLines(Path.of(args[1])));
    }
  }

  private static void brackets(List<String> lines) {
    List<String> rows = lines.subList(1, lines.size());
    double[] millis = new double[rows.size()];
    double[] thread = new double[rows.size()];
    double worst = 0;
    int below = 0;
    Accountant pld = Accountant.pld();
    System.out.println("q,z,steps,delta,lower,upper,pld,excess,millis,thread_millis");
    for (boolean report : new boolean[] {false, true}) {
      for (int i = 0; i < millis.length; i++) {
        String[] row = rows.get(i).split(",");
        double[] number = Arrays.stream(row).limit(6).mapToDouble(Double::parseDouble).toArray();
        ThreadTime time = ThreadTime.start();
        double epsilon =
            pld.epsilonUpper(Calibration.run(number[1], number[0], (long) number[2]), number[3]);
        millis[i] = time.wallMillis();
        thread[i] = time.threadMillis();
        double excess = (epsilon - number[5]) / Math.max(1e-4, 0.005 * number[5]);
        if (report) {
          worst = Math.max(worst, excess);
          below += epsilon < number[4] ? 1 : 0;
          String setting = String.join(",", Arrays.copyOf(row, 6));
          System.out.printf(
              Locale.ROOT,
              "%s,%.9g,%.3f,%.2f,%.2f%n",
              setting,
              epsilon,
              excess,
              millis[i],
              thread[i]);
        }
      }
    }
    Arrays.sort(millis);
    Arrays.sort(thread);
    System.out.printf(
        Locale.ROOT,
        "%d settings: %d below the bracket, worst excess %.3f of what is allowed;"
            + " wall time median %.2f ms, worst %.1f ms; thread time %.2f and %.1f ms%n",
        millis.length,
        below,
        worst,
        millis[millis.length / 2],
        millis[millis.length - 1],
        thread[thread.length / 2],
        thread[thread.length - 1]);
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
