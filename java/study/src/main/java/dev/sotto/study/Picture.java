package dev.sotto.study;

import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import dev.sotto.base.AtomicFile;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Line2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.markers.Marker;

/**
 * Several charts side by side under one title, with one legend below them all.
 *
 * @param title above the panels
 * @param panels row by row, all of one size and without legends of their own
 * @param columns panels in a row
 * @param legend below the panels
 */
record Picture(String title, List<XYChart> panels, int columns, List<Entry> legend) {
  /** Of a panel, in pixels. */
  static final int PANEL_WIDTH = 520;

  /** Of a panel, in pixels. */
  static final int PANEL_HEIGHT = 380;

  private static final int MARGIN = 16;
  private static final int TITLE = 44;
  private static final int LINE = 30;
  private static final int SWATCH = 36;
  private static final int GAP = 28;

  /** Of a mark, in pixels. */
  static final int MARK = 9;

  /** Of a PNG's pixels to those of the layout, for screens that have more. */
  private static final int SCALE = 2;

  private static final Color INK = new Color(0x2B2F36);
  private static final Font TITLE_FONT = new Font(Font.SANS_SERIF, Font.BOLD, 19);
  private static final Font LEGEND_FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 15);

  /**
   * One line of the legend.
   *
   * @param label says what it is
   * @param color of line and mark
   * @param width of the line, in pixels
   * @param mark in the middle of the line, or null
   */
  record Entry(String label, Color color, float width, Marker mark) {}

  Picture {
    panels = List.copyOf(panels);
    legend = List.copyOf(legend);
    columns = Math.min(columns, panels.size());
  }

  /** Writes {@code NAME.png} and {@code NAME.svg}, each whole or not at all. */
  void write(Path directory, String name) {
    AtomicFile.write(directory.resolve(name + ".png"), png());
    AtomicFile.write(directory.resolve(name + ".svg"), svg());
  }

  private byte[] png() {
    BufferedImage image =
        new BufferedImage(SCALE * width(), SCALE * height(), BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.scale(SCALE, SCALE);
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    paint(g);
    g.dispose();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("drawing in memory", e);
    }
    return bytes.toByteArray();
  }

  private byte[] svg() {
    VectorGraphics2D g = new VectorGraphics2D();
    paint(g);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      new SVGProcessor()
          .getDocument(g.getCommands(), new PageSize(0, 0, width(), height()))
          .writeTo(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("drawing in memory", e);
    }
    return SvgLines.shorter(bytes.toString(StandardCharsets.UTF_8))
        .getBytes(StandardCharsets.UTF_8);
  }

  private int width() {
    return columns * PANEL_WIDTH + 2 * MARGIN;
  }

  private int rows() {
    return (panels.size() + columns - 1) / columns;
  }

  private int height() {
    return TITLE + rows() * PANEL_HEIGHT + legendLines() * LINE + MARGIN;
  }

  private int legendLines() {
    return 1 + layout(null);
  }

  private void paint(Graphics2D g) {
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, width(), height());
    g.setColor(INK);
    g.setFont(TITLE_FONT);
    g.drawString(title, MARGIN + 8, 30);
    for (int i = 0; i < panels.size(); i++) {
      Graphics2D panel = (Graphics2D) g.create();
      panel.translate(MARGIN + i % columns * PANEL_WIDTH, TITLE + i / columns * PANEL_HEIGHT);
      panels.get(i).paint(panel, PANEL_WIDTH, PANEL_HEIGHT);
      panel.dispose();
    }
    layout(g);
  }

  /** Draws the legend, or without graphics measures it; the number of line breaks. */
  private int layout(Graphics2D g) {
    FontMetrics metrics =
        new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB)
            .createGraphics()
            .getFontMetrics(LEGEND_FONT);
    int breaks = 0;
    int x = MARGIN + GAP;
    for (Entry entry : legend) {
      int wide = SWATCH + 8 + metrics.stringWidth(entry.label());
      if (x > MARGIN + GAP && x + wide > width() - MARGIN) {
        breaks++;
        x = MARGIN + GAP;
      }
      if (g != null) {
        int y = TITLE + rows() * PANEL_HEIGHT + breaks * LINE + LINE / 2;
        g.setColor(entry.color());
        g.setStroke(Palette.stroke(entry.width()));
        g.draw(new Line2D.Double(x, y, x + SWATCH, y));
        if (entry.mark() != null) {
          entry.mark().paint(g, x + SWATCH / 2, y, MARK);
        }
        g.setColor(INK);
        g.setFont(LEGEND_FONT);
        g.drawString(entry.label(), x + SWATCH + 8, y + 5);
      }
      x += wide + GAP;
    }
    return breaks;
  }
}
