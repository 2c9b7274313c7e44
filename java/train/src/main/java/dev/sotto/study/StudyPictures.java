package dev.sotto.study;

import dev.sotto.report.ChartStyle;
import java.awt.BasicStroke;
import java.awt.Color;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The pictures of a study: utility against updates and ε spent, with a panel for each ε; for each ε
 * the thresholds and the noise of each adapter over time, with a panel for each controller.
 */
final class StudyPictures {
  private static final int COLUMNS = 3;
  private static final int BAND_ALPHA = 28;
  private static final int MOST_NAMED_ADAPTERS = 12;

  private final StudyResults results;
  private final StudyConfig config;
  private final List<StudyArm> arms;

  StudyPictures(StudyResults results) {
    this.results = results;
    config = results.config();
    arms =
        config.arms().stream()
            .filter(arm -> config.epsilons().stream().anyMatch(e -> !results.of(arm, e).isEmpty()))
            .toList();
  }

  /** Writes all as PNG and SVG; their names without the ending. Nothing if no run has finished. */
  List<String> write(Path directory) {
    List<String> names = new ArrayList<>();
    if (arms.isEmpty()) {
      return names;
    }
    names.add(write(utility(), directory, "utility"));
    names.add(write(spent(), directory, "epsilon"));
    for (double epsilon : config.epsilons()) {
      if (arms.stream().allMatch(arm -> results.of(arm, epsilon).isEmpty())) {
        continue;
      }
      String suffix = "-eps" + BigDecimal.valueOf(epsilon).stripTrailingZeros().toPlainString();
      String at = ", ε = " + ChartStyle.digits(epsilon);
      names.add(
          write(
              adapters(
                  "Clipping threshold of each adapter" + at,
                  "threshold",
                  epsilon,
                  Trajectory.Interval::clipNorms),
              directory,
              "thresholds" + suffix));
      names.add(
          write(
              adapters(
                  "Noise on each coordinate of each adapter's clipped sum" + at,
                  "standard deviation",
                  epsilon,
                  Trajectory.Interval::noiseStddevs),
              directory,
              "noise" + suffix));
    }
    return names;
  }

  private static String write(Picture picture, Path directory, String name) {
    picture.write(directory, name);
    return name;
  }

  private Picture utility() {
    List<XYChart> panels = new ArrayList<>();
    for (double epsilon : config.epsilons()) {
      XYChart chart = panel("ε = " + ChartStyle.digits(epsilon), "updates", "perplexity");
      double top = highestShown(epsilon);
      for (StudyArm arm : arms) {
        addUtility(chart, arm, epsilon, top);
      }
      panels.add(chart);
    }
    return new Picture(
        "Perplexity on the validation file: median and range over "
            + config.seeds().size()
            + (config.seeds().size() == 1 ? " seed" : " seeds"),
        panels,
        COLUMNS,
        legend());
  }

  /** The first tenth of training falls steeply, and would press the rest flat. */
  private double highestShown(double epsilon) {
    double top = 0;
    for (StudyArm arm : arms) {
      for (RunResult result : results.of(arm, epsilon)) {
        UtilityCurve curve = result.curve();
        for (int i = 0; i < curve.steps().size(); i++) {
          if (10 * curve.steps().get(i) >= result.outcome().steps()) {
            top = Math.max(top, Math.min(curve.perplexities().get(i), curve.perplexities().get(0)));
          }
        }
      }
    }
    return top;
  }

  private void addUtility(XYChart chart, StudyArm arm, double epsilon, double top) {
    List<UtilityCurve> curves = results.of(arm, epsilon).stream().map(RunResult::curve).toList();
    if (curves.isEmpty()) {
      return;
    }
    TreeSet<Long> steps = new TreeSet<>(curves.get(0).steps());
    curves.forEach(curve -> steps.retainAll(curve.steps()));
    List<Double> x = new ArrayList<>();
    List<Spread> y = new ArrayList<>();
    for (long step : steps) {
      Spread spread =
          Spread.of(
              curves.stream()
                  .map(curve -> curve.perplexities().get(curve.steps().indexOf(step)))
                  .toList());
      if (spread.median() <= top) {
        x.add((double) step);
        y.add(spread);
      }
    }
    if (x.isEmpty()) {
      return;
    }
    int index = arms.indexOf(arm);
    if (curves.size() > 1 && x.size() > 1) {
      band(chart, arm.label() + " range", x, y, top, Palette.color(index));
    }
    line(
        chart,
        arm.label(),
        x,
        y.stream().map(Spread::median).toList(),
        Palette.color(index),
        Palette.stroke(index, 2.5f));
  }

  private static void band(
      XYChart chart, String name, List<Double> x, List<Spread> y, double top, Color color) {
    List<Double> outlineX = new ArrayList<>(x);
    List<Double> outlineY = new ArrayList<>();
    y.forEach(spread -> outlineY.add(Math.min(top, spread.most())));
    for (int i = x.size() - 1; i >= 0; i--) {
      outlineX.add(x.get(i));
      outlineY.add(y.get(i).least());
    }
    XYSeries series = chart.addSeries(name, outlineX, outlineY);
    series.setXYSeriesRenderStyle(XYSeriesRenderStyle.PolygonArea);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(new Color(0, 0, 0, 0));
    series.setFillColor(new Color(color.getRed(), color.getGreen(), color.getBlue(), BAND_ALPHA));
  }

  private Picture spent() {
    List<XYChart> panels = new ArrayList<>();
    for (double epsilon : config.epsilons()) {
      XYChart chart = panel("target ε = " + ChartStyle.digits(epsilon), "updates", "ε spent");
      chart.getStyler().setYAxisMin(0.0);
      for (StudyArm arm : arms) {
        results.of(arm, epsilon).stream()
            .findFirst()
            .ifPresent(result -> addSpent(chart, arm, result));
      }
      panels.add(chart);
    }
    return new Picture("ε spent by update, first seed", panels, COLUMNS, legend());
  }

  private void addSpent(XYChart chart, StudyArm arm, RunResult result) {
    List<Double> x = new ArrayList<>(List.of(0.0));
    List<Double> y = new ArrayList<>(List.of(0.0));
    for (Trajectory.Interval interval : result.trajectory().intervals()) {
      x.add((double) interval.step());
      y.add(interval.epsilon());
    }
    int index = arms.indexOf(arm);
    // Most lie on one another: the earlier ones are wider and show on both sides.
    float width = 2f + 1.3f * (arms.size() - 1 - index);
    line(chart, arm.label(), x, y, Palette.color(index), Palette.stroke(width));
  }

  private Picture adapters(
      String title, String axis, double epsilon, Function<Trajectory.Interval, double[]> values) {
    List<XYChart> panels = new ArrayList<>();
    int adapters = 1;
    for (StudyArm arm : arms) {
      List<RunResult> runs = results.of(arm, epsilon);
      if (runs.isEmpty()) {
        continue;
      }
      RunResult run = runs.get(0);
      XYChart chart = panel(arm.label(), "updates", axis);
      List<Trajectory.Interval> intervals = run.trajectory().intervals();
      int count = values.apply(intervals.get(0)).length;
      adapters = Math.max(adapters, count);
      for (int k = 0; k < count; k++) {
        addAdapter(chart, k, count, intervals, values);
      }
      panels.add(chart);
    }
    return new Picture(title + " (first seed)", panels, COLUMNS, adapterLegend(adapters));
  }

  private static void addAdapter(
      XYChart chart,
      int k,
      int count,
      List<Trajectory.Interval> intervals,
      Function<Trajectory.Interval, double[]> values) {
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    double from = 0;
    for (Trajectory.Interval interval : intervals) {
      // A decision holds for its whole interval.
      double value = values.apply(interval)[k];
      x.addAll(Arrays.asList(from, (double) interval.step()));
      y.addAll(Arrays.asList(value, value));
      from = interval.step();
    }
    line(chart, "adapter " + (k + 1), x, y, Palette.between(k, count), Palette.stroke(1.8f));
  }

  private List<Picture.Entry> legend() {
    List<Picture.Entry> entries = new ArrayList<>();
    for (int i = 0; i < arms.size(); i++) {
      entries.add(
          new Picture.Entry(arms.get(i).label(), Palette.color(i), Palette.stroke(i, 2.5f)));
    }
    return entries;
  }

  private static List<Picture.Entry> adapterLegend(int count) {
    List<Picture.Entry> entries = new ArrayList<>();
    int stride = (count + MOST_NAMED_ADAPTERS - 1) / MOST_NAMED_ADAPTERS;
    for (int k = 0; k < count; k += stride) {
      entries.add(
          new Picture.Entry("adapter " + (k + 1), Palette.between(k, count), Palette.stroke(2.5f)));
    }
    return entries;
  }

  private static XYChart panel(String title, String xAxis, String yAxis) {
    XYChart chart =
        new XYChartBuilder()
            .width(Picture.PANEL_WIDTH)
            .height(Picture.PANEL_HEIGHT)
            .title(title)
            .xAxisTitle(xAxis)
            .yAxisTitle(yAxis)
            .build();
    ChartStyle.apply(chart);
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setXAxisMin(0.0);
    chart.getStyler().setXAxisDecimalPattern("###0");
    chart.getStyler().setYAxisDecimalPattern("##0.###");
    return chart;
  }

  private static void line(
      XYChart chart, String name, List<Double> x, List<Double> y, Color color, BasicStroke stroke) {
    XYSeries series = chart.addSeries(name, x, y);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(color);
    series.setLineStyle(stroke);
  }
}
