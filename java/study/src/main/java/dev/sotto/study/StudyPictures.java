package dev.sotto.study;

import dev.sotto.report.ChartStyle;
import dev.sotto.trainer.ControlRecord;
import java.awt.Color;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.DoubleStream;
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
  private static final float SHARED_WIDTH = 5;
  private static final float WIDTH = 2.2f;
  private static final int MARKS = 6;
  private static final int MOST_LABELS = 6;

  /** Factor above and below the curves, so that at least one label of a decade is in sight. */
  private static final double ROOM = 1.5;

  /** Curves of ε that differ by less lie on one another. */
  private static final double SAME = 0.005;

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
                  interval -> interval.chosen().clipNorms()),
              directory,
              "thresholds" + suffix));
      names.add(
          write(
              adapters(
                  "Noise on each coordinate of each adapter's clipped sum" + at,
                  "standard deviation",
                  epsilon,
                  interval -> interval.chosen().noiseStddevs()),
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

  /** The first quarter of training falls steeply, and would press the rest flat. */
  private double highestShown(double epsilon) {
    double top = 0;
    for (StudyArm arm : arms) {
      for (RunResult result : results.of(arm, epsilon)) {
        UtilityCurve curve = result.curve();
        for (int i = 0; i < curve.steps().size(); i++) {
          if (4 * curve.steps().get(i) >= result.outcome().steps()) {
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
    List<Double> medians = y.stream().map(Spread::median).toList();
    line(chart, arm.label(), x, medians, Palette.color(index), WIDTH);
    marks(chart, arm.label() + " marks", x, medians, index);
  }

  /** A few along the line, each controller's in other places. */
  private void marks(XYChart chart, String name, List<Double> x, List<Double> y, int index) {
    List<Double> markedX = new ArrayList<>();
    List<Double> markedY = new ArrayList<>();
    int stride = Math.max(1, x.size() / MARKS);
    for (int i = index * stride / arms.size(); i < x.size(); i += stride) {
      markedX.add(x.get(i));
      markedY.add(y.get(i));
    }
    if (markedX.isEmpty()) {
      return;
    }
    XYSeries series = chart.addSeries(name, markedX, markedY);
    series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    series.setMarker(Palette.mark(index));
    series.setMarkerColor(Palette.color(index));
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
    TreeSet<Integer> apart = new TreeSet<>();
    for (double epsilon : config.epsilons()) {
      XYChart chart = panel("target ε = " + ChartStyle.digits(epsilon), "updates", "ε spent");
      chart.getStyler().setYAxisMin(0.0);
      List<RunResult> first = new ArrayList<>();
      for (StudyArm arm : arms) {
        results.of(arm, epsilon).stream().limit(1).forEach(first::add);
      }
      for (RunResult result : first) {
        boolean alike = result != first.get(0) && alike(result, first.get(0), epsilon);
        if (!alike) {
          addSpent(chart, result, result == first.get(0) ? -1 : arms.indexOf(result.run().arm()));
        }
        if (!alike && result != first.get(0)) {
          apart.add(arms.indexOf(result.run().arm()));
        }
      }
      panels.add(chart);
    }
    List<Picture.Entry> entries = new ArrayList<>();
    entries.add(
        new Picture.Entry(
            apart.isEmpty() ? "all controllers" : arms.get(0).label() + " and all not named",
            ChartStyle.GREY,
            SHARED_WIDTH,
            null));
    apart.forEach(index -> entries.add(entry(index)));
    return new Picture("ε spent by update, first seed", panels, COLUMNS, entries);
  }

  private static boolean alike(RunResult one, RunResult other, double epsilon) {
    List<ControlRecord> a = one.trajectory().intervals();
    List<ControlRecord> b = other.trajectory().intervals();
    boolean alike = a.size() == b.size();
    for (int i = 0; alike && i < a.size(); i++) {
      alike =
          a.get(i).step() == b.get(i).step()
              && Math.abs(a.get(i).epsilon() - b.get(i).epsilon()) < SAME * epsilon;
    }
    return alike;
  }

  /** An index of -1 is the line that many share. */
  private void addSpent(XYChart chart, RunResult result, int index) {
    List<Double> x = new ArrayList<>(List.of(0.0));
    List<Double> y = new ArrayList<>(List.of(0.0));
    for (ControlRecord interval : result.trajectory().intervals()) {
      x.add((double) interval.step());
      y.add(interval.epsilon());
    }
    String label = result.run().arm().label();
    if (index < 0) {
      line(chart, label, x, y, ChartStyle.GREY, SHARED_WIDTH);
    } else {
      line(chart, label, x, y, Palette.color(index), WIDTH);
      marks(chart, label + " marks", x, y, index);
    }
  }

  private Picture adapters(
      String title, String axis, double epsilon, Function<ControlRecord, double[]> values) {
    List<XYChart> panels = new ArrayList<>();
    int adapters = 1;
    double least = Double.POSITIVE_INFINITY;
    double most = 0;
    for (StudyArm arm : arms) {
      List<RunResult> runs = results.of(arm, epsilon);
      if (runs.isEmpty()) {
        continue;
      }
      RunResult run = runs.get(0);
      XYChart chart = panel(arm.label(), "updates", axis);
      List<ControlRecord> intervals = run.trajectory().intervals();
      int count = values.apply(intervals.get(0)).length;
      adapters = Math.max(adapters, count);
      for (int k = 0; k < count; k++) {
        addAdapter(chart, k, count, intervals, values);
      }
      for (ControlRecord interval : intervals) {
        least = Math.min(least, DoubleStream.of(values.apply(interval)).min().orElse(least));
        most = Math.max(most, DoubleStream.of(values.apply(interval)).max().orElse(most));
      }
      panels.add(chart);
    }
    for (XYChart chart : panels) {
      // One scale for all, so that panels can be compared.
      chart.getStyler().setYAxisLogarithmic(true);
      chart.getStyler().setYAxisLogarithmicDecadeOnly(false);
      chart.getStyler().setYAxisTickLabelsFormattingFunction(StudyPictures::logarithmicLabel);
      chart.getStyler().setYAxisMin(least / ROOM);
      chart.getStyler().setYAxisMax(most * ROOM);
    }
    return new Picture(title + " (first seed)", panels, COLUMNS, adapterLegend(adapters));
  }

  private static void addAdapter(
      XYChart chart,
      int k,
      int count,
      List<ControlRecord> intervals,
      Function<ControlRecord, double[]> values) {
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    double from = 0;
    for (ControlRecord interval : intervals) {
      // A decision holds for its whole interval.
      double value = values.apply(interval)[k];
      x.addAll(Arrays.asList(from, (double) interval.step()));
      y.addAll(Arrays.asList(value, value));
      from = interval.step();
    }
    line(chart, "adapter " + (k + 1), x, y, Palette.between(k, count), 1.8f);
  }

  private List<Picture.Entry> legend() {
    List<Picture.Entry> entries = new ArrayList<>();
    for (int i = 0; i < arms.size(); i++) {
      entries.add(entry(i));
    }
    return entries;
  }

  private Picture.Entry entry(int index) {
    return new Picture.Entry(
        arms.get(index).label(), Palette.color(index), WIDTH, Palette.mark(index));
  }

  private static List<Picture.Entry> adapterLegend(int count) {
    List<Picture.Entry> entries = new ArrayList<>();
    int stride = (count + MOST_NAMED_ADAPTERS - 1) / MOST_NAMED_ADAPTERS;
    for (int k = 0; k < count; k += stride) {
      entries.add(new Picture.Entry("adapter " + (k + 1), Palette.between(k, count), WIDTH, null));
    }
    return entries;
  }

  private XYChart panel(String title, String xAxis, String yAxis) {
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
    // Runs that stopped early, their budget spent, show as shorter.
    double steps = arms.stream().mapToDouble(arm -> arm.training().steps()).max().orElse(1);
    chart.getStyler().setXAxisMax(steps);
    double spacing = spacing(steps);
    chart
        .getStyler()
        .setXAxisTickLabelsFormattingFunction(
            x -> x % spacing == 0 ? String.valueOf(Math.round(x)) : "");
    chart.getStyler().setMarkerSize(Picture.MARK);
    chart.getStyler().setYAxisDecimalPattern("##0.###");
    return chart;
  }

  /**
   * The least of 1, 2, 5, 10, ... with few enough labels; a tick at every update has room for none.
   */
  private static double spacing(double steps) {
    double power = 1;
    while (true) {
      for (int digit : new int[] {1, 2, 5}) {
        if (steps / (digit * power) <= MOST_LABELS) {
          return digit * power;
        }
      }
      power *= 10;
    }
  }

  /** Nine labels in a decade would lie on one another. */
  private static String logarithmicLabel(double value) {
    String label = ChartStyle.digits(value);
    return label.replaceAll("[0.]", "").matches("[1235]") ? label : "";
  }

  private static void line(
      XYChart chart, String name, List<Double> x, List<Double> y, Color color, float width) {
    XYSeries series = chart.addSeries(name, x, y);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(color);
    series.setLineStyle(Palette.stroke(width));
  }
}
