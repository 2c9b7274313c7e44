package dev.sotto.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;

/**
 * Ratios of benchmarks over time: {@code bench/history.sh} puts those of a raw file of JMH into
 * {@code history.csv} and draws all of them. Times of two days say little of the code, the ratio of
 * two benchmarks of one run does.
 */
public final class History {
  private static final int WIDTH = 1100;
  private static final int HEIGHT = 600;
  private static final String HEADER = "date,commit,machine,benchmark,ratio";

  /** What is followed: a benchmark over the one it is measured against, smaller is better. */
  private static final List<Pair> PAIRS =
      List.of(
          new Pair("StepBenchmark", "privateFlat", "nonPrivate"),
          new Pair("StepBenchmark", "privatePerAdapter", "nonPrivate"),
          new Pair("PerSampleNormBenchmark", "perSampleNorm", "productsThenNorm"),
          new Pair("ClipAndSumBenchmark", "stored", "separateFromProducts"),
          new Pair("ClipAndSumBenchmark", "notStored", "separateFromProducts"),
          new Pair("ClippedSumBenchmark", "clippedSum", "scaleThenSum"),
          new Pair("NoiseBenchmark", "noisyAdamW", "separatePasses"),
          new Pair("NoiseBenchmark", "laplace", "gaussian"),
          new Pair("NoiseBenchmark", "lmo", "gaussian"),
          new Pair(
              "PrivatePathBenchmark",
              "addNoiseLaplace",
              "addNoiseGaussian",
              "Noise laplace / gaussian"),
          new Pair(
              "PrivatePathBenchmark", "addNoiseLmo", "addNoiseGaussian", "Noise lmo / gaussian"));

  private History() {}

  /** A class of benchmarks, two of its methods, and what their ratio is called. */
  private record Pair(String type, String method, String over, String name) {
    Pair(String type, String method, String over) {
      this(type, method, over, type.replace("Benchmark", " ") + method + " / " + over);
    }
  }

  /** Equal rows are one: adding a file twice changes nothing. Sorted by date, then by text. */
  private static TreeSet<String> rows(Path csv) throws IOException {
    TreeSet<String> rows = new TreeSet<>();
    if (Files.exists(csv)) {
      rows.addAll(Files.readAllLines(csv));
      rows.remove(HEADER);
    }
    return rows;
  }

  /**
   * @param arguments history.csv, history.svg, date and time (ISO) and commit of what was measured,
   *     the machine in words without a comma, and JMH's JSON
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 6 || arguments[4].contains(",")) {
      throw new IllegalArgumentException("CSV SVG DATE COMMIT MACHINE JSON: see bench/history.sh");
    }
    Path csv = Path.of(arguments[0]);
    String before = String.join(",", arguments[2], arguments[3], arguments[4]);
    TreeSet<String> rows = rows(csv);
    int known = rows.size();
    for (String ratio : ratios(new JsonMapper().readTree(Path.of(arguments[5]).toFile()))) {
      rows.add(before + "," + ratio);
    }
    List<String> lines = new ArrayList<>(List.of(HEADER));
    lines.addAll(rows);
    Files.write(csv, lines);
    draw(rows, Path.of(arguments[1]));
    System.out.printf("%s: %d new ratios%n", arguments[5], rows.size() - known);
  }

  /** Name and ratio of each pair and setting that both were run with. */
  private static List<String> ratios(JsonNode results) {
    List<String> found = new ArrayList<>();
    for (Pair pair : PAIRS) {
      for (JsonNode result : results) {
        if (!is(result, pair.type(), pair.method())) {
          continue;
        }
        for (JsonNode other : results) {
          if (is(other, pair.type(), pair.over())
              && other.path("params").equals(result.path("params"))) {
            double ratio = score(result) / score(other);
            found.add(
                String.format(Locale.ROOT, "%s%s,%.3f", pair.name(), settings(result), ratio));
          }
        }
      }
    }
    return found;
  }

  private static boolean is(JsonNode result, String type, String method) {
    return result.get("benchmark").asText().endsWith("." + type + "." + method);
  }

  /** Those of which several values are run together. */
  private static String settings(JsonNode result) {
    JsonNode params = result.path("params");
    String shape = params.has("shape") ? " " + params.get("shape").asText() : "";
    String threads = params.has("threads") ? " threads=" + params.get("threads").asText() : "";
    return shape + threads;
  }

  /**
   * By the backend's own clock where there is one: it does not count what waits for a processor.
   */
  private static double score(JsonNode result) {
    JsonNode own = result.path("secondaryMetrics").path("deviceMicros");
    return (own.isMissingNode() ? result.get("primaryMetric") : own).get("score").asDouble();
  }

  /** Letters are drawn as outlines with a dozen digits a number: one behind the point is enough. */
  private static void draw(TreeSet<String> rows, Path svg) throws IOException {
    VectorGraphics2D graphics = new VectorGraphics2D();
    picture(rows).paint(graphics, WIDTH, HEIGHT);
    ByteArrayOutputStream drawn = new ByteArrayOutputStream();
    PageSize page = new PageSize(0, 0, WIDTH, HEIGHT);
    new SVGProcessor().getDocument(graphics.getCommands(), page).writeTo(drawn);
    String text = drawn.toString(StandardCharsets.UTF_8);
    Files.writeString(svg, text.replaceAll("(\\d\\.\\d)\\d+(?![\\dE])", "$1"));
  }

  private static String commit(String[] row) {
    return row[0].replace('T', ' ') + " " + row[1];
  }

  private static CategoryChart picture(TreeSet<String> rows) {
    List<String[]> cells = rows.stream().map(row -> row.split(",")).toList();
    List<String> commits = cells.stream().map(History::commit).distinct().toList();
    boolean machines = cells.stream().map(row -> row[2]).distinct().count() > 1;
    TreeMap<String, Double[]> curves = new TreeMap<>();
    for (String[] row : cells) {
      String name = machines ? row[3] + " on " + row[2] : row[3];
      curves
              .computeIfAbsent(name, any -> new Double[commits.size()])[
              commits.indexOf(commit(row))] =
          Double.valueOf(row[4]);
    }
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .yAxisTitle("time over that of what it is measured against")
            .build();
    chart.getStyler().setDefaultSeriesRenderStyle(CategorySeriesRenderStyle.Line);
    chart.getStyler().setOverlapped(true).setXAxisLabelRotation(20);
    chart.getStyler().setYAxisMin(0.0).setChartBackgroundColor(Color.WHITE);
    curves.forEach((name, curve) -> chart.addSeries(name, commits, Arrays.asList(curve)));
    return chart;
  }
}
