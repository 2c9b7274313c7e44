package dev.sotto.report;

import dev.sotto.noise.LmoNoise;
import java.awt.Color;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/**
 * A picture of noise densities side by side, on a logarithmic scale so that the tails show. The
 * legend states each one's variance and how far its tail reaches.
 *
 * @param title above the picture
 * @param curves up to three, in the order of the legend
 */
public record NoiseChart(String title, List<Curve> curves) {
  private static final int POINTS = 241;
  private static final double TAIL = 1e-3;
  private static final double SHOWN_TAIL = 1e-4;

  /** A tail that reaches further than this many times the shortest one runs out of the picture. */
  private static final double WIDEST = 4;

  private static final Color[] COLORS = {ChartStyle.GREY, ChartStyle.RED, ChartStyle.BLUE};

  /**
   * One density, symmetric about 0.
   *
   * @param name in the legend
   * @param density p(x)
   * @param reach the x that |Z| exceeds with a given probability
   * @param variance infinite if there is none
   */
  public record Curve(
      String name, DoubleUnaryOperator density, DoubleUnaryOperator reach, double variance) {

    /**
     * A normal density.
     *
     * @param stddev above 0
     * @return the curve
     */
    public static Curve gaussian(double stddev) {
      NormalDistribution normal = new NormalDistribution(null, 0, stddev);
      return new Curve(
          "Gaussian",
          normal::density,
          tail -> -normal.inverseCumulativeProbability(0.5 * tail),
          stddev * stddev);
    }

    /**
     * The density of a law.
     *
     * @param name in the legend
     * @param law the law
     * @param variance infinite if there is none
     * @return the curve
     */
    public static Curve of(String name, LmoNoise law, double variance) {
      return new Curve(name, law::density, tail -> law.absoluteQuantile(-Math.log(tail)), variance);
    }

    private String legend() {
      return name
          + ": variance "
          + ChartStyle.digits(variance)
          + ", 99.9% within ±"
          + ChartStyle.digits(reach.applyAsDouble(TAIL));
    }
  }

  /** Copies the list and checks its length. */
  public NoiseChart {
    curves = List.copyOf(curves);
    if (curves.isEmpty() || curves.size() > COLORS.length) {
      throw new IllegalArgumentException(
          "a noise chart has 1 to " + COLORS.length + " curves, not " + curves.size());
    }
  }

  /**
   * Checks what can be checked before there is anything to draw.
   *
   * @param file the picture to be
   * @throws IllegalArgumentException unless it ends in {@code .png} or {@code .svg}
   */
  public static void checkName(Path file) {
    ChartStyle.format(file);
  }

  /**
   * Draws it.
   *
   * @param file ends in {@code .png} or {@code .svg}; replaced if it exists
   * @throws IllegalArgumentException if the name ends otherwise
   * @throws dev.sotto.base.InputException if the file cannot be written
   */
  public void write(Path file) {
    ChartStyle.write(draw(), file);
  }

  private XYChart draw() {
    XYChart chart =
        new XYChartBuilder()
            .width(ChartStyle.WIDTH)
            .height(ChartStyle.HEIGHT)
            .title(title)
            .xAxisTitle("noise on one coordinate")
            .yAxisTitle("density")
            .build();
    ChartStyle.apply(chart);
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    double end = width();
    double[] x = new double[POINTS];
    for (int i = 0; i < POINTS; i++) {
      // Closer together around 0, where the densities have their kink.
      double part = 2.0 * i / (POINTS - 1) - 1;
      x[i] = end * part * Math.abs(part);
    }
    double lowest = lowest(end);
    for (int c = 0; c < curves.size(); c++) {
      Curve curve = curves.get(c);
      List<Double> shownX = new ArrayList<>();
      List<Double> shownY = new ArrayList<>();
      for (double at : x) {
        double density = curve.density.applyAsDouble(at);
        if (density >= lowest) {
          shownX.add(at);
          shownY.add(density);
        }
      }
      ChartStyle.line(chart.addSeries(curve.legend(), shownX, shownY), COLORS[c], 2.5f);
    }
    return chart;
  }

  private double width() {
    double shortest = Double.POSITIVE_INFINITY;
    double longest = 0;
    for (Curve curve : curves) {
      double reach = curve.reach.applyAsDouble(SHOWN_TAIL);
      shortest = Math.min(shortest, reach);
      longest = Math.max(longest, reach);
    }
    return Math.min(longest, WIDEST * shortest);
  }

  /** A little below the heaviest tail at the end, so that light tails do not stretch the scale. */
  private double lowest(double end) {
    double heaviest = 0;
    for (Curve curve : curves) {
      heaviest = Math.max(heaviest, curve.density.applyAsDouble(end));
    }
    return 0.1 * heaviest;
  }
}
