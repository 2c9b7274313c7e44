package dev.sotto.study;

import java.awt.BasicStroke;
import java.awt.Color;

/** Colours and dashes, so that a controller looks the same in every picture. */
final class Palette {
  /** Apart in hue or in lightness, also for eyes that tell red from green badly. */
  private static final int[] COLORS = {
    0x30343B, 0xE08214, 0x1F78B4, 0x33A02C, 0xCAB2D6, 0x8C510A, 0x9AA3AE, 0xD7191C, 0x6A3D9A,
    0x01B3A7, 0xE377C2, 0xB8A100
  };

  private static final float[][] DASHES = {null, {8, 4}, {2, 3}, {10, 3, 2, 3}};
  private static final int PALEST_HUE = 210;
  private static final int WARMEST_HUE = 30;

  private Palette() {}

  /** Of the i-th of the things compared. */
  static Color color(int i) {
    return new Color(COLORS[i % COLORS.length]);
  }

  /** Of the i-th of the things compared: where colours come round again, dashes tell them apart. */
  static BasicStroke stroke(int i, float width) {
    return stroke(width, DASHES[(i % 3 + i / COLORS.length) % DASHES.length]);
  }

  static BasicStroke stroke(float width, float... dashes) {
    return dashes == null || dashes.length == 0
        ? new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND)
        : new BasicStroke(width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, dashes, 0);
  }

  /** Of the k-th of n things in a row, from blue at the first to orange at the last. */
  static Color between(int k, int n) {
    float part = n == 1 ? 0 : (float) k / (n - 1);
    float hue = (PALEST_HUE + part * (360 + WARMEST_HUE - PALEST_HUE)) % 360 / 360;
    return Color.getHSBColor(hue, 0.85f, 0.62f + 0.28f * part);
  }
}
