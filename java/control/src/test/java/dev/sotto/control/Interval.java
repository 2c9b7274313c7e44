package dev.sotto.control;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.clip.Clipping;
import dev.sotto.mechanism.Privatized;
import dev.sotto.mechanism.PublicScalar;
import dev.sotto.mechanism.Released;
import dev.sotto.mechanism.StepStatistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Observations for tests: one plain interval, changed where a test wants it otherwise. */
final class Interval {
  /** Steps of a run, so many that any share of it can be named. */
  private static final long PARTS = 1_000_000;

  private final double[] clipNorms;
  private double progress = 0.1;
  private double left = 0.9;
  private double[] adapterNorms;
  private Double validation;
  private final List<Privatized<StepStatistics>> statistics = new ArrayList<>();
  private final List<Privatized<double[]>> gradientNorms = new ArrayList<>();

  private Interval(double[] clipNorms) {
    this.clipNorms = clipNorms;
    adapterNorms = new double[clipNorms.length];
    Arrays.fill(adapterNorms, 1);
  }

  /** An interval under a decision's clip norms, with no step yet. */
  static Interval of(double... clipNorms) {
    return new Interval(clipNorms);
  }

  Interval at(double progress, double left) {
    this.progress = progress;
    this.left = left;
    return this;
  }

  Interval statistics(double loss, double... clipFractions) {
    statistics.add(Released.of(new StepStatistics(clipFractions, loss)));
    return this;
  }

  Interval gradientNorms(double... norms) {
    gradientNorms.add(Released.of(norms));
    return this;
  }

  Interval adapterNorms(double... norms) {
    adapterNorms = norms;
    return this;
  }

  Interval validation(double loss) {
    validation = loss;
    return this;
  }

  private static long parts(double share) {
    return Math.round(PARTS * share);
  }

  Observation observation() {
    return new Observation(
        PublicScalar.progress(parts(progress), PARTS),
        PublicScalar.budgetLeft(parts(1 - left), PARTS),
        PublicScalar.thresholds(Clipping.perPair(clipNorms)),
        statistics,
        gradientNorms,
        Released.of(adapterNorms),
        validation == null ? null : PublicScalar.ofPublicData(validation));
  }

  /** Options of a controller of pairs of 100 weights each, C = 2, ten intervals. */
  static ControllerOptions options(String name, int pairs) {
    long[] sizes = new long[pairs];
    Arrays.fill(sizes, 100);
    return new ControllerOptions(
        name,
        new ControllerOptions.Pairs(sizes, 2, null, NoiseAllocation.UNIFORM),
        false,
        10,
        null,
        7);
  }

  /** An interval of one step in which half of the units of each of two pairs were clipped. */
  static Interval plain(double... clipNorms) {
    double[] half = new double[clipNorms.length];
    Arrays.fill(half, 0.5);
    return of(clipNorms).statistics(3, half).gradientNorms(clipNorms.clone());
  }
}
