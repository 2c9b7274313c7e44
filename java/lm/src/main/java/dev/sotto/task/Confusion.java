package dev.sotto.task;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.commons.math3.stat.interval.ConfidenceInterval;
import org.apache.commons.math3.stat.interval.WilsonScoreInterval;

/**
 * How often which class was told of which. All that the metrics of a classification depend on.
 *
 * @param counts records, [K*K]: at {@code true * K + told}
 * @param labels K
 */
record Confusion(long[] counts, int labels) {
  private static final double LEVEL = 0.95;
  private static final int RESAMPLES = 1000;
  private static final long SEED = 0;

  static Confusion of(int[] told, int[] truth, int labels) {
    if (told.length != truth.length || told.length == 0) {
      throw new IllegalArgumentException(
          told.length + " classes told of " + truth.length + " records");
    }
    long[] counts = new long[Math.multiplyExact(labels, labels)];
    for (int i = 0; i < told.length; i++) {
      counts[
          Math.multiplyExact(requireClass(truth[i], labels), labels)
              + requireClass(told[i], labels)]++;
    }
    return new Confusion(counts, labels);
  }

  private static int requireClass(int id, int labels) {
    if (id < 0 || id >= labels) {
      throw new IllegalArgumentException("class " + id + " of " + labels);
    }
    return id;
  }

  private long records() {
    return Arrays.stream(counts).sum();
  }

  private long hits(int label) {
    return counts[label * labels + label];
  }

  private long hits() {
    return IntStream.range(0, labels).mapToLong(this::hits).sum();
  }

  /** Records of a class. */
  private long truly(int label) {
    return Arrays.stream(counts, label * labels, (label + 1) * labels).sum();
  }

  /** Records of which a class was told. */
  private long told(int label) {
    return IntStream.range(0, labels).mapToLong(row -> counts[row * labels + label]).sum();
  }

  Estimate accuracy() {
    int records = Math.toIntExact(records());
    int hits = Math.toIntExact(hits());
    ConfidenceInterval wilson = new WilsonScoreInterval().createInterval(records, hits, LEVEL);
    return new Estimate(
        (double) hits / records,
        Math.max(0, wilson.getLowerBound()),
        Math.min(1, wilson.getUpperBound()));
  }

  double f1() {
    return labels == 2
        ? f1(1)
        : IntStream.range(0, labels)
            .filter(label -> truly(label) + told(label) > 0)
            .mapToDouble(this::f1)
            .average()
            .orElse(0);
  }

  private double f1(int label) {
    long either = truly(label) + told(label);
    return either == 0 ? 0 : 2.0 * hits(label) / either;
  }

  double matthews() {
    double records = records();
    double chance = 0;
    double told = records * records;
    double truly = records * records;
    for (int label = 0; label < labels; label++) {
      chance += (double) truly(label) * told(label);
      told -= (double) told(label) * told(label);
      truly -= (double) truly(label) * truly(label);
    }
    return told == 0 || truly == 0
        ? 0
        : (hits() * records - chance) / (Math.sqrt(told) * Math.sqrt(truly));
  }

  /** A figure with the middle 95% of its values on resamples of the records. */
  Estimate resampled(ToDoubleFunction<Confusion> figure) {
    SplittableRandom random = new SplittableRandom(SEED);
    double[] values = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      values[i] = figure.applyAsDouble(resample(random));
    }
    Arrays.sort(values);
    int outside = (int) Math.round(RESAMPLES * (1 - LEVEL) / 2);
    return new Estimate(
        figure.applyAsDouble(this), values[outside], values[RESAMPLES - 1 - outside]);
  }

  /** As many records, each drawn from these. */
  private Confusion resample(SplittableRandom random) {
    long[] ends = counts.clone();
    Arrays.parallelPrefix(ends, Long::sum);
    long records = ends[ends.length - 1];
    long[] drawn = new long[counts.length];
    LongStream.generate(() -> random.nextLong(records))
        .limit(records)
        .forEach(
            record -> {
              int cell = Arrays.binarySearch(ends, record + 1);
              drawn[cell < 0 ? -cell - 1 : first(ends, cell)]++;
            });
    return new Confusion(drawn, labels);
  }

  /** The first of equal ends: the cells behind it are empty. */
  private static int first(long[] ends, int cell) {
    int first = cell;
    while (first > 0 && ends[first - 1] == ends[cell]) {
      first--;
    }
    return first;
  }
}
