package dev.sotto.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.text.StringEscapeUtils;

/**
 * Lines as SVG for a page: text stays text, colours are those of the page that it stands in ({@code
 * --ink}, {@code --line-1} and so on), so that one picture serves light, dark and paper. {@link
 * ChartStyle} draws the pictures that are files of their own; that needs fonts, which a server may
 * lack.
 *
 * @param title what it shows, read aloud where it cannot be seen
 * @param x what stands below
 * @param y what stands at the side
 * @param lines up to four, each at least one point
 */
public record LinePicture(String title, String x, String y, List<Line> lines) {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 340;
  private static final int LEFT = 58;
  private static final int RIGHT = 16;
  private static final int TOP = 34;
  private static final int BOTTOM = 44;
  private static final int TICKS = 5;

  /**
   * A line.
   *
   * @param name in the legend
   * @param points in order of x; what is not finite is left out
   */
  public record Line(String name, List<Point> points) {}

  /** A value at a place. */
  public record Point(double x, double value) {
    private boolean isFinite() {
      return Double.isFinite(x) && Double.isFinite(value);
    }
  }

  /** The picture; empty where there is nothing to draw. */
  public String svg() {
    List<Point> all =
        lines.stream().flatMap(line -> line.points().stream()).filter(Point::isFinite).toList();
    if (all.isEmpty()) {
      return "";
    }
    Axis places = new Axis(0, all.stream().mapToDouble(Point::x).max().orElse(1));
    double least = all.stream().mapToDouble(Point::value).min().orElse(0);
    double most = all.stream().mapToDouble(Point::value).max().orElse(1);
    // Values that lie close together, far from 0, are shown in their own range.
    Axis values = new Axis(least > 0.5 * most ? least : Math.min(0, least), most);
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">"
            .formatted(WIDTH, HEIGHT, escaped(title)));
    for (double tick : values.ticks()) {
      double at = down(values, tick);
      svg.append(stroke(LEFT, at, WIDTH - RIGHT, at, "grid"));
      svg.append(text(LEFT - 8, at + 5, "end", values.label(tick)));
    }
    for (double tick : places.ticks()) {
      svg.append(text(across(places, tick), HEIGHT - BOTTOM + 20, "middle", places.label(tick)));
    }
    svg.append(stroke(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "axis"));
    svg.append(text(WIDTH - RIGHT, HEIGHT - 6, "end", x));
    svg.append(text(8, 18, "start", y));
    double legend = WIDTH - RIGHT;
    for (int i = lines.size() - 1; i >= 0; i--) {
      svg.append(text(legend, 18, "end", lines.get(i).name()));
      legend -= 9.0 * lines.get(i).name().length() + 8;
      svg.append(stroke(legend - 18, 13, legend, 13, "line line-" + (i + 1)));
      legend -= 36;
    }
    for (int i = 0; i < lines.size(); i++) {
      svg.append(drawn(lines.get(i), places, values, i + 1));
    }
    return svg.append("</svg>").toString();
  }

  private String drawn(Line line, Axis places, Axis values, int number) {
    StringBuilder path = new StringBuilder();
    StringBuilder dots = new StringBuilder();
    List<Point> points = line.points().stream().filter(Point::isFinite).toList();
    for (Point point : points) {
      String at = "%s %s".formatted(figure(across(places, point.x())), down(values, point));
      path.append(path.isEmpty() ? "M" : "L").append(at);
      dots.append(
          "<circle class=\"dot line-%d\" cx=\"%s\" cy=\"%s\" r=\"%s\"><title>%s, %s %s: %s</title></circle>"
              .formatted(
                  number,
                  figure(across(places, point.x())),
                  down(values, point),
                  points.size() == 1 ? "4" : "2",
                  escaped(line.name()),
                  escaped(x),
                  places.label(point.x()),
                  ChartStyle.digits(point.value())));
    }
    return "<path class=\"line line-%d\" d=\"%s\"/>%s".formatted(number, path, dots);
  }

  private static double across(Axis places, double x) {
    return LEFT + places.share(x) * (WIDTH - LEFT - RIGHT);
  }

  private static double down(Axis values, double value) {
    return HEIGHT - BOTTOM - values.share(value) * (HEIGHT - TOP - BOTTOM);
  }

  private static String down(Axis values, Point point) {
    return figure(down(values, point.value()));
  }

  private static String stroke(double x1, double y1, double x2, double y2, String kind) {
    return "<path class=\"%s\" d=\"M%s %sL%s %s\"/>"
        .formatted(kind, figure(x1), figure(y1), figure(x2), figure(y2));
  }

  private static String text(double x, double y, String anchor, String words) {
    return "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>"
        .formatted(figure(x), figure(y), anchor, escaped(words));
  }

  private static String figure(double pixels) {
    return String.format(Locale.ROOT, "%.1f", pixels);
  }

  private static String escaped(String words) {
    return StringEscapeUtils.escapeXml11(words);
  }

  /** From a round number to a round number. */
  private static final class Axis {
    private final double step;
    private final double low;
    private final double high;

    Axis(double least, double most) {
      double span = most > least ? most - least : Math.max(Math.abs(most), 1e-9);
      double rough = span / TICKS;
      double power = Math.pow(10, Math.floor(Math.log10(rough)));
      double digit = rough / power;
      step = power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
      low = Math.floor(least / step + 1e-9) * step;
      high = Math.max(low + step, Math.ceil(most / step - 1e-9) * step);
    }

    double share(double value) {
      return (value - low) / (high - low);
    }

    List<Double> ticks() {
      List<Double> ticks = new ArrayList<>();
      for (long i = 0; low + i * step <= high + 0.5 * step; i++) {
        ticks.add(low + i * step);
      }
      return ticks;
    }

    String label(double tick) {
      return ChartStyle.digits(Math.rint(tick / step * 1e6) / 1e6 * step);
    }
  }
}
