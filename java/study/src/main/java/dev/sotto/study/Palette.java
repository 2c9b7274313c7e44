package dev.sotto.study;

import java.awt.BasicStroke;
import java.awt.Color;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Colours and marks, so that a controller looks the same in every picture. */
final class Palette {
  /** Apart in hue or in lightness, also for eyes that tell red from green badly. */
  private static final int[] COLORS = {
    0x30343B, 0xE08214, 0x1F78B4, 0x33A02C, 0x9C9A00, 0x8C510A, 0x9AA3AE, 0xD7191C, 0x6A3D9A,
    0x01B3A7, 0xE377C2
  };

  /** One less than there are colours, so that a mark meets another colour the next time round. */
  private static final Marker[] MARKS = {
    SeriesMarkers.CIRCLE,
    SeriesMarkers.SQUARE,
    SeriesMarkers.TRIANGLE_UP,
    SeriesMarkers.DIAMOND,
    SeriesMarkers.TRIANGLE_DOWN,
    SeriesMarkers.CROSS,
    SeriesMarkers.PLUS,
    SeriesMarkers.OVAL,
    SeriesMarkers.RECTANGLE,
    SeriesMarkers.TRAPEZOID
  };

  private static final int FIRST_HUE = 210;
  private static final int LAST_HUE = 30 + 360;

  private Palette() {}

  /** Of the i-th of the things compared. */
  static Color color(int i) {
    return new Color(COLORS[i % COLORS.length]);
  }

  /** Of the i-th of the things compared. */
  static Marker mark(int i) {
    return MARKS[i % MARKS.length];
  }

  /** Of the k-th of n things in a row, from blue at the first to orange at the last. */
  static Color between(int k, int n) {
    float part = n == 1 ? 0 : (float) k / (n - 1);
    float hue = (FIRST_HUE + part * (LAST_HUE - FIRST_HUE)) % 360 / 360;
    return Color.getHSBColor(hue, 0.85f, 0.62f + 0.28f * part);
  }

  static BasicStroke stroke(float width) {
    return new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
  }
}
