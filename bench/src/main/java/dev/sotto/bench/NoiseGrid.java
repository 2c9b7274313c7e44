package dev.sotto.bench;

import dev.sotto.report.ChartStyle;
import dev.sotto.search.NoiseObjective;
import dev.sotto.search.NoiseQuery;
import dev.sotto.search.NoiseSearch;
import dev.sotto.search.NoiseSearchResult;
import dev.sotto.search.SearchOptions;
import java.awt.Color;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/**
 * Where noise of the Laplace family has less variance than Gaussian noise at equal privacy: noise
 * searches along three axes, as a table on standard output and a picture for each.
 *
 * <pre>java -cp bench/target/benchmarks.jar dev.sotto.bench.NoiseGrid docs/figures</pre>
 */
public final class NoiseGrid {
  private static final double DELTA = 1e-5;
  private static final double[] EPSILONS = {0.3, 1, 3};
  private static final Color[] COLORS = {ChartStyle.GREY, ChartStyle.BLUE, ChartStyle.RED};

  private NoiseGrid() {}

  /**
   * Runs the searches.
   *
   * @param args the folder for the pictures
   */
  public static void main(String[] args) {
    Path folder = Path.of(args[0]);
    System.out.println("dimension,steps,epsilon,delta,gaussian_variance,laplace_ratio,lmo_ratio");
    byDimension(folder);
    bySteps(folder);
    byEpsilon(folder);
  }

  private static void byDimension(Path folder) {
    double[] dimensions = {1, 2, 3, 5, 10, 20, 50, 100, 1000, 10_000};
    XYChart chart = chart("One release, by dimension (δ = 1e-5)", "coordinates d");
    for (int e = 0; e < EPSILONS.length; e++) {
      double epsilon = EPSILONS[e];
      line(chart, "ε = " + epsilon, COLORS[e], dimensions, d -> search((long) d, 1, epsilon));
    }
    finish(chart, dimensions, folder.resolve("lmo-by-dimension.svg"));
  }

  private static void bySteps(Path folder) {
    double[] steps = {1, 2, 3, 5, 10, 20, 50, 100, 1000};
    XYChart chart = chart("One number, by releases that share ε (δ = 1e-5)", "releases T");
    for (int e = 0; e < EPSILONS.length; e++) {
      double epsilon = EPSILONS[e];
      line(chart, "ε = " + epsilon, COLORS[e], steps, t -> search(1, (long) t, epsilon));
    }
    finish(chart, steps, folder.resolve("lmo-by-releases.svg"));
  }

  private static void byEpsilon(Path folder) {
    double[] epsilons = {0.1, 0.2, 0.3, 0.5, 1, 2, 3, 4, 5, 6, 8, 10};
    XYChart chart = chart("One number released once, by ε (δ = 1e-5)", "ε");
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setYAxisMin(0.01);
    chart.getStyler().setYAxisDecimalPattern("#0.0#");
    chart.getStyler().setLegendPosition(LegendPosition.InsideSW);
    List<Double> laplace = new ArrayList<>();
    List<Double> lmo = new ArrayList<>();
    for (double epsilon : epsilons) {
      NoiseSearchResult found = search(1, 1, epsilon);
      laplace.add(found.ratioToGaussian(found.laplace()));
      lmo.add(found.ratioToGaussian(found.lmo()));
    }
    add(chart, "plain Laplace", ChartStyle.GREY, epsilons, laplace);
    add(chart, "best LMO noise found", ChartStyle.BLUE, epsilons, lmo);
    finish(chart, epsilons, folder.resolve("lmo-by-epsilon.svg"));
  }

  private static NoiseSearchResult search(long dimension, long steps, double epsilon) {
    NoiseQuery query =
        new NoiseQuery(
            new NoiseQuery.Vector(dimension, 1),
            new NoiseQuery.Sampling(1, steps),
            new NoiseQuery.Target(epsilon, DELTA),
            NoiseObjective.VARIANCE,
            0.9);
    NoiseSearchResult found = NoiseSearch.run(query, SearchOptions.defaults(), (done, total) -> {});
    System.out.printf(
        Locale.ROOT,
        "%d,%d,%s,%s,%.6g,%.4f,%.4f%n",
        dimension,
        steps,
        epsilon,
        DELTA,
        found.gaussian().coordinate().variance(),
        found.ratioToGaussian(found.laplace()),
        found.ratioToGaussian(found.lmo()));
    return found;
  }

  private static XYChart chart(String title, String axis) {
    XYChart chart =
        new XYChartBuilder()
            .width(ChartStyle.WIDTH)
            .height(ChartStyle.HEIGHT)
            .title(title)
            .xAxisTitle(axis)
            .yAxisTitle("variance over the Gaussian's")
            .build();
    ChartStyle.apply(chart);
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setYAxisMin(0.0);
    chart.getStyler().setYAxisDecimalPattern("#0.0#");
    chart.getStyler().setLegendPosition(LegendPosition.InsideSE);
    return chart;
  }

  private static void line(
      XYChart chart,
      String name,
      Color color,
      double[] x,
      DoubleFunction<NoiseSearchResult> search) {
    List<Double> ratios = new ArrayList<>();
    for (double at : x) {
      NoiseSearchResult found = search.apply(at);
      ratios.add(found.ratioToGaussian(found.lmo()));
    }
    add(chart, name, color, x, ratios);
  }

  private static void add(
      XYChart chart, String name, Color color, double[] x, List<Double> ratios) {
    List<Double> at = new ArrayList<>();
    for (double value : x) {
      at.add(value);
    }
    ChartStyle.line(chart.addSeries(name, at, ratios), color, 2.5f);
  }

  /** With the Gaussian itself as a thin line at 1. */
  private static void finish(XYChart chart, double[] x, Path file) {
    List<Double> ends = List.of(x[0], x[x.length - 1]);
    ChartStyle.line(chart.addSeries("Gaussian", ends, List.of(1.0, 1.0)), Color.BLACK, 1f);
    ChartStyle.write(chart, file);
  }
}
