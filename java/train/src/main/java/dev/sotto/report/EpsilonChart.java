package dev.sotto.report;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.checkpoint.AtomicFile;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongToDoubleFunction;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A picture of a planned run: ε spent by step under its accountant, what the Rényi accountant would
 * state for the same noise, and the target.
 *
 * @param accountant who vouches for the run
 * @param step what one step costs
 * @param noiseMultiplier z
 * @param steps T
 * @param targetEpsilon the ε that T steps must not exceed
 * @param delta δ
 */
public record EpsilonChart(
    Accountant accountant,
    PoissonSampledEvent step,
    double noiseMultiplier,
    long steps,
    double targetEpsilon,
    double delta) {
  private static final int POINTS = 60;
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 600;
  private static final float[] DASHES = {7, 5};

  private static final Color INK = new Color(0x2B2F36);
  private static final Color GRID = new Color(0xE6E8EB);
  private static final Color SPENT = new Color(0x1F5FA8);
  private static final Color COMPARED = new Color(0x9AA3AE);
  private static final Color TARGET = new Color(0xC2542D);

  /**
   * Draws it.
   *
   * @param file ends in {@code .png} or {@code .svg}; replaced if it exists
   * @throws IllegalArgumentException if the name ends otherwise
   * @throws dev.sotto.data.InputException if the file cannot be written
   */
  public void write(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    if (!name.endsWith(".png") && !name.endsWith(".svg")) {
      throw new IllegalArgumentException(file + ": a chart is a .png or .svg file; name it so");
    }
    String format = name.substring(name.length() - 3);
    try {
      AtomicFile.write(file, ChartEncoder.getBytes(draw(), format));
    } catch (IOException e) {
      throw new UncheckedIOException("drawing in memory", e);
    }
  }

  private XYChart draw() {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("Privacy spent by step")
            .xAxisTitle(
                "step   (noise multiplier "
                    + digits(noiseMultiplier)
                    + ", sampling rate "
                    + digits(step.samplingProbability())
                    + ", δ = "
                    + digits(delta)
                    + ")")
            .yAxisTitle("ε")
            .build();
    style(chart);
    List<Double> grid = grid();
    if (!accountant.name().equals("rdp")) {
      line(
          chart,
          "the same noise, Rényi account",
          grid,
          count -> epsilonAfter(Accountant.rdp(), count),
          COMPARED,
          new BasicStroke(2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, DASHES, 0));
    }
    line(
        chart,
        "ε spent (" + accountant.name() + ")",
        grid,
        count -> epsilonAfter(accountant, count),
        SPENT,
        new BasicStroke(3f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    line(
        chart,
        "target " + digits(targetEpsilon),
        List.of(0.0, (double) steps),
        count -> targetEpsilon,
        TARGET,
        new BasicStroke(1.5f));
    return chart;
  }

  private static String digits(double value) {
    return new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros().toString();
  }

  /** Zero, and some readings closer together at the start, where ε rises fastest. */
  private List<Double> grid() {
    List<Double> grid = new ArrayList<>();
    grid.add(0.0);
    for (int i = 1; i <= POINTS; i++) {
      double part = (double) i / POINTS;
      double step = Math.max(1, Math.rint(steps * part * part));
      if (step > grid.get(grid.size() - 1)) {
        grid.add(step);
      }
    }
    return grid;
  }

  private double epsilonAfter(Accountant asked, long count) {
    return count == 0 ? 0 : asked.epsilonUpper(step.repeated(count), delta);
  }

  private static void line(
      XYChart chart,
      String name,
      List<Double> grid,
      LongToDoubleFunction epsilon,
      Color color,
      BasicStroke stroke) {
    List<Double> values = new ArrayList<>();
    for (double step : grid) {
      values.add(epsilon.applyAsDouble((long) step));
    }
    XYSeries series = chart.addSeries(name, grid, values);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(color);
    series.setLineStyle(stroke);
  }

  private static void style(XYChart chart) {
    Font text = new Font(Font.SANS_SERIF, Font.PLAIN, 15);
    chart.getStyler().setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 17));
    chart.getStyler().setChartTitleBoxVisible(false);
    chart.getStyler().setChartTitlePadding(12);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setPlotBackgroundColor(Color.WHITE);
    chart.getStyler().setPlotBorderVisible(false);
    chart.getStyler().setPlotGridLinesColor(GRID);
    chart.getStyler().setPlotGridVerticalLinesVisible(false);
    chart.getStyler().setPlotGridLinesStroke(new BasicStroke(1f));
    chart.getStyler().setChartFontColor(INK);
    chart.getStyler().setAxisTickLabelsColor(INK);
    chart.getStyler().setAxisTickLabelsFont(text);
    chart.getStyler().setAxisTitleFont(text);
    chart.getStyler().setAxisTickMarksColor(GRID);
    chart.getStyler().setXAxisMin(0.0);
    chart.getStyler().setYAxisMin(0.0);
    chart.getStyler().setXAxisDecimalPattern("###0");
    chart.getStyler().setYAxisDecimalPattern("#0.##");
    chart.getStyler().setLegendFont(text);
    chart.getStyler().setLegendPosition(LegendPosition.InsideSE);
    chart.getStyler().setLegendBorderColor(Color.WHITE);
    chart.getStyler().setLegendPadding(10);
    chart.getStyler().setAntiAlias(true);
  }
}
