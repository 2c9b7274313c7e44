package dev.sotto.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Figures by hand, and by scikit-learn 1.9.1 and SciPy 1.17.1 on the same numbers. */
class MetricTest {
  private static final double EXACT = 1e-12;

  private static int[] truth(int labels) {
    return IntStream.range(0, 60).map(i -> i * 7919 % 13 % labels).toArray();
  }

  private static int[] told(int labels) {
    int[] truth = truth(labels);
    return IntStream.range(0, 60)
        .map(i -> i * 31 % 7 > 1 ? truth[i] : (truth[i] + 1) % labels)
        .toArray();
  }

  @Test
  void twoClasses() {
    Map<Metric, Estimate> all = Metric.ofClasses(told(2), truth(2), 2);
    Estimate accuracy = all.get(Metric.ACCURACY);
    assertEquals(0.7166666666666667, accuracy.value(), EXACT);
    assertEquals(0.5923271483560881, accuracy.low(), 1e-9);
    assertEquals(0.8149317157156728, accuracy.high(), 1e-9);
    assertEquals(0.6792452830188679, all.get(Metric.F1).value(), EXACT);
    assertEquals(0.42916625387999435, all.get(Metric.MATTHEWS).value(), EXACT);
    // The bootstrap's ends by NumPy, 4,000 resamples; both are random, hence the tolerance.
    assertEquals(0.512, all.get(Metric.F1).low(), 0.03);
    assertEquals(0.809, all.get(Metric.F1).high(), 0.03);
    assertEquals(0.187, all.get(Metric.MATTHEWS).low(), 0.04);
    assertEquals(0.647, all.get(Metric.MATTHEWS).high(), 0.04);
    assertEquals(all, Metric.ofClasses(told(2), truth(2), 2), "the seed is fixed");
  }

  @Test
  void moreClassesOfWhichOneNeverOccurs() {
    Map<Metric, Estimate> all = Metric.ofClasses(told(3), truth(3), 4);
    assertEquals(0.7166666666666667, all.get(Metric.ACCURACY).value(), EXACT);
    assertEquals(0.7141562615246825, all.get(Metric.F1).value(), EXACT);
    assertEquals(0.5736409707692407, all.get(Metric.MATTHEWS).value(), EXACT);
  }

  @Test
  void byHand() {
    // Three of class 1, of which two are told; one of class 0, told as 1: F1 = 2·2/(3 + 3).
    Map<Metric, Estimate> all = Metric.ofClasses(new int[] {1, 1, 0, 1}, new int[] {1, 1, 1, 0}, 2);
    assertEquals(0.5, all.get(Metric.ACCURACY).value(), EXACT);
    assertEquals(2.0 / 3, all.get(Metric.F1).value(), EXACT);
    assertEquals(-1.0 / 3, all.get(Metric.MATTHEWS).value(), EXACT);
  }

  @Test
  void oneClassAloneIsNoCorrelation() {
    Map<Metric, Estimate> all = Metric.ofClasses(new int[] {0, 0, 0}, new int[] {0, 0, 0}, 2);
    assertEquals(1, all.get(Metric.ACCURACY).value());
    assertEquals(1, all.get(Metric.ACCURACY).high(), EXACT);
    assertTrue(all.get(Metric.ACCURACY).low() < 0.5, "three records prove little");
    assertEquals(new Estimate(0, 0, 0), all.get(Metric.F1));
    assertEquals(new Estimate(0, 0, 0), all.get(Metric.MATTHEWS));
  }

  @Test
  void scores() {
    double[] truth = IntStream.range(0, 40).mapToDouble(i -> i * 37 % 23 / 4.0).toArray();
    double[] told =
        IntStream.range(0, 40)
            .mapToDouble(i -> Math.rint((truth[i] + (i * 29 % 17 - 8) / 5.0) * 2) / 2)
            .toArray();
    Map<Metric, Estimate> all = Metric.ofScores(told, truth);
    Estimate pearson = all.get(Metric.PEARSON);
    assertEquals(0.8810503946752064, pearson.value(), EXACT);
    assertEquals(0.7849842353782159, pearson.low(), EXACT);
    assertEquals(0.9357406395163845, pearson.high(), EXACT);
    Estimate spearman = all.get(Metric.SPEARMAN);
    assertEquals(0.8842085160400864, spearman.value(), EXACT, "average ranks on ties");
    assertEquals(0.7677089413976224, spearman.low(), EXACT);
    assertEquals(0.9441274725240124, spearman.high(), EXACT);
  }

  @Test
  void scoresAtTheEdges() {
    double[] rising = {1, 2, 3, 4, 5};
    assertEquals(
        new Estimate(
            0,
            Math.tanh(-1.959963984540054 / Math.sqrt(2)),
            Math.tanh(1.959963984540054 / Math.sqrt(2))),
        Metric.ofScores(new double[] {2, 2, 2, 2, 2}, rising).get(Metric.PEARSON));
    assertEquals(
        new Estimate(-1, -1, -1),
        Metric.ofScores(new double[] {5, 4, 3, 2, 1}, rising).get(Metric.SPEARMAN));
    assertEquals(
        new Estimate(1, -1, 1),
        Metric.ofScores(new double[] {1, 2}, new double[] {3, 4}).get(Metric.PEARSON));
  }

  @Test
  void refusesWhatDoesNotFit() {
    int[] none = {};
    int[] one = {0};
    assertThrows(IllegalArgumentException.class, () -> Metric.ofClasses(none, none, 2));
    assertThrows(IllegalArgumentException.class, () -> Metric.ofClasses(one, new int[2], 2));
    assertThrows(IllegalArgumentException.class, () -> Metric.ofClasses(one, new int[] {2}, 2));
    assertThrows(IllegalArgumentException.class, () -> Metric.ofClasses(new int[] {-1}, one, 2));
    double[] notFinite = {Double.NaN};
    assertThrows(
        IllegalArgumentException.class, () -> Metric.ofScores(notFinite, new double[] {1}));
    assertThrows(
        IllegalArgumentException.class, () -> Metric.ofScores(new double[2], new double[1]));
  }
}
