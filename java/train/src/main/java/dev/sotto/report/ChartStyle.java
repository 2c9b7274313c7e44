package dev.sotto.report;

import dev.sotto.base.AtomicFile;
import dev.sotto.base.InputException;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.Locale;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** What all pictures here have in common. */
public final class ChartStyle {
  /** Of a picture, in pixels. */
  public static final int WIDTH = 1000;

  /** Of a picture, in pixels. */
  public static final int HEIGHT = 600;

  /** The colour of what a picture is about. */
  public static final Color BLUE = new Color(0x1F5FA8);

  /** The colour of what it is held against. */
  public static final Color RED = new Color(0xC2542D);

  /** The colour of the rest. */
  public static final Color GREY = new Color(0x9AA3AE);

  private static final Color INK = new Color(0x2B2F36);
  private static final Color GRID = new Color(0xE6E8EB);

  private ChartStyle() {}

  /**
   * Fonts and colours.
   *
   * @param chart gets them
   */
  public static void apply(XYChart chart) {
    Font text = new Font(Font.SANS_SERIF, Font.PLAIN, 15);
    XYStyler styler = chart.getStyler();
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 17));
    styler.setChartTitleBoxVisible(false);
    styler.setChartTitlePadding(12);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(GRID);
    styler.setPlotGridVerticalLinesVisible(false);
    styler.setPlotGridLinesStroke(new BasicStroke(1f));
    styler.setChartFontColor(INK);
    styler.setAxisTickLabelsColor(INK);
    styler.setAxisTickLabelsFont(text);
    styler.setAxisTitleFont(text);
    styler.setAxisTickMarksColor(GRID);
    styler.setLegendFont(text);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendPadding(10);
    styler.setAntiAlias(true);
  }

  /**
   * A line without markers.
   *
   * @param series becomes one
   * @param color of the line
   * @param width of the line, in pixels
   */
  public static void line(XYSeries series, Color color, float width) {
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(color);
    series.setLineStyle(new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
  }

  /**
   * Four digits.
   *
   * @param value any number
   * @return the number, or "infinite"
   */
  public static String digits(double value) {
    if (!Double.isFinite(value)) {
      return "infinite";
    }
    BigDecimal rounded = new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros();
    // 10 is no 1E+1.
    return Math.abs(value) < 1 ? rounded.toString() : rounded.toPlainString();
  }

  /**
   * Checks the name of a picture.
   *
   * @param file the picture
   * @return "png" or "svg"
   * @throws InputException unless it ends in .png or .svg
   */
  public static String format(Path file) {
    Path last = file.getFileName();
    String name = last == null ? "" : last.toString().toLowerCase(Locale.ROOT);
    if (!name.endsWith(".png") && !name.endsWith(".svg")) {
      throw new InputException(file + ": a chart is a .png or .svg file; name it so");
    }
    return name.substring(name.length() - 3);
  }

  /**
   * Writes a picture, whole or not at all.
   *
   * @param chart what to draw
   * @param file ends in .png or .svg
   */
  public static void write(XYChart chart, Path file) {
    try {
      AtomicFile.write(file, ChartEncoder.getBytes(chart, format(file)));
    } catch (IOException e) {
      throw new UncheckedIOException("drawing in memory", e);
    }
  }
}
