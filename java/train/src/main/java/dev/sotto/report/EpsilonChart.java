package dev.sotto.report;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.PoissonSampledEvent;
import java.awt.BasicStroke;
import java.awt.Color;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongToDoubleFunction;
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
  private static final float[] DASHES = {7, 5};

  /**
   * Draws it.
   *
   * @param file ends in {@code .png} or {@code .svg}; replaced if it exists
   * @throws IllegalArgumentException if the name ends otherwise
   * @throws dev.sotto.base.InputException if the file cannot be written
   */
  public void write(Path file) {
    ChartStyle.format(file);
    ChartStyle.write(draw(), file);
  }

  private XYChart draw() {
    XYChart chart =
        new XYChartBuilder()
            .width(ChartStyle.WIDTH)
            .height(ChartStyle.HEIGHT)
            .title("Privacy spent by step")
            .xAxisTitle(
                "step   (noise multiplier "
                    + ChartStyle.digits(noiseMultiplier)
                    + ", sampling rate "
                    + ChartStyle.digits(step.samplingProbability())
                    + ", δ = "
                    + ChartStyle.digits(delta)
                    + ")")
            .yAxisTitle("ε")
            .build();
    ChartStyle.apply(chart);
    chart.getStyler().setXAxisMin(0.0);
    chart.getStyler().setYAxisMin(0.0);
    chart.getStyler().setXAxisDecimalPattern("###0");
    chart.getStyler().setYAxisDecimalPattern("#0.##");
    chart.getStyler().setLegendPosition(LegendPosition.InsideSE);
    List<Double> grid = grid();
    if (!accountant.name().equals("rdp")) {
      line(
          chart,
          "the same noise, Rényi account",
          grid,
          count -> epsilonAfter(Accountant.rdp(), count),
          ChartStyle.GREY,
          new BasicStroke(2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, DASHES, 0));
    }
    line(
        chart,
        "ε spent (" + accountant.name() + ")",
        grid,
        count -> epsilonAfter(accountant, count),
        ChartStyle.BLUE,
        new BasicStroke(3f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    line(
        chart,
        "target " + ChartStyle.digits(targetEpsilon),
        List.of(0.0, (double) steps),
        count -> targetEpsilon,
        ChartStyle.RED,
        new BasicStroke(1.5f));
    return chart;
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
}
