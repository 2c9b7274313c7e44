package dev.sotto.base;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class FiguresTest {
  @Test
  void boundsAreNeverBetterThanTheyAre() {
    assertEquals("0.01", Figures.bound(0.01), "the double above it is what a person calls 0.01");
    assertEquals("1.001", Figures.bound(1.0000001));
    assertEquals("0.9999", Figures.lowerBound(0.99999));
    assertEquals("2.378e-6", Figures.bound(2.3774e-6));
    assertEquals("2.377e-6", Figures.number(2.3774e-6));
    assertEquals("infinity", Figures.bound(Double.POSITIVE_INFINITY));
    assertEquals("12,350", Figures.bound(12341));
  }

  @Test
  void aDeltaBelowOneIsNotShownAsOne() {
    assertEquals("0.999999", Figures.delta(0.999999));
    assertEquals("0.9995", Figures.delta(0.99949));
    assertEquals("1e-5", Figures.delta(1e-5));
    assertEquals("1", Figures.delta(1));
  }

  @Test
  void oneIsNotMany() {
    assertEquals("1 step", Figures.count(1, "step"));
    assertEquals("0 steps", Figures.count(0, "step"));
    assertEquals("1,000 steps", Figures.count(1000, "step"));
    assertEquals("2 branches", Figures.count(2, "branch", "branches"));
  }
}
