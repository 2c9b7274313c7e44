package dev.sotto.noise;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.DrawnNoise;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Noise;
import dev.sotto.noise.LmoNoise.Exponential;
import dev.sotto.noise.LmoNoise.Gamma;
import dev.sotto.noise.LmoNoise.TruncatedNormal;
import dev.sotto.noise.LmoNoise.Uniform;
import java.util.Arrays;
import org.apache.commons.math3.distribution.ChiSquaredDistribution;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the kernel draws against what is accounted for: ten million draws a law against the closed
 * form, and against a sampler that follows the two stages of the definition.
 *
 * <p>Draws are counted in bins of nearly equal probability. Two statistics are taken of the counts:
 * Kolmogorov's distance at the bins' edges, never above the distance itself, which by Massart
 * (1990) exceeds t with probability at most 2·exp(−2nt²); and χ², which sees local errors. Each is
 * allowed a false alarm in 10⁶ runs over random keys; the keys are fixed, so the tests pass or fail
 * for good.
 */
class NoiseSamplingTest {
  private static final double FALSE_ALARM = 1e-6;
  private static final int DRAWS = 10_000_000;
  private static final int TWO_STAGE_DRAWS = 1_000_000;
  private static final int CHUNK = 1_000_000;
  private static final int BINS = 4096;
  private static final double CHI_SQUARED_LIMIT =
      new ChiSquaredDistribution(BINS - 1).inverseCumulativeProbability(1 - FALSE_ALARM);

  private enum Law {
    PUBLISHED_EPS_03(gamma(0.1, 1, 0.5), exponential(0.1, 5), uniform(0.1, 1, 2)),
    PUBLISHED_EPS_2(gamma(0.1, 2, 1), exponential(0.1, 5), uniform(0.2, 7, 8)),
    PLAIN_LAPLACE(Gamma.none(), Exponential.none(), uniform(1, 0.5, 0.5)),
    BARELY_FINITE_VARIANCE(gamma(1, 2.05, 1), Exponential.none(), Uniform.none()),
    HEAVY_WITH_AN_END(gamma(1, 0.5, 1), Exponential.none(), uniform(1, 0.01, 0.02)),
    NEARLY_CONSTANT(gamma(1, 50, 0.1), Exponential.none(), uniform(1, 0, 1e-9)),
    FAR_APART(gamma(1, 2, 1e-6), exponential(1, 1e6), uniform(1, 0.999, 1)),
    TRUNCATED_NORMAL(new TruncatedNormal(1, 0.5, 1, 0.01, 3));

    final LmoNoise noise;

    Law(Gamma gamma, Exponential exponential, Uniform uniform) {
      noise = new LmoNoise(gamma, exponential, uniform, TruncatedNormal.none());
    }

    Law(TruncatedNormal normal) {
      noise = new LmoNoise(Gamma.none(), Exponential.none(), Uniform.none(), normal);
    }
  }

  private static Gamma gamma(double weight, double shape, double scale) {
    return new Gamma(weight, shape, scale);
  }

  private static Exponential exponential(double weight, double rate) {
    return new Exponential(weight, rate);
  }

  private static Uniform uniform(double weight, double low, double high) {
    return new Uniform(weight, low, high);
  }

  @ParameterizedTest
  @EnumSource(Law.class)
  void drawsFollowTheClosedFormAndTheTwoStages(Law law) {
    QuantileTable table = QuantileTable.of(law.noise);
    Bins bins = new Bins(law.noise, quantum(table.largest()));
    long[] counts = bins.count(draws(table, bins.quantum, 1));
    assertTrue(bins.distance(counts) <= massart(DRAWS), "distance " + bins.distance(counts));
    assertTrue(bins.chiSquared(counts) <= CHI_SQUARED_LIMIT, "χ² " + bins.chiSquared(counts));

    long[] literal = bins.count(twoStage(law.noise));
    double apart = largestGap(counts, literal);
    // Each sample is within its own distance of the law, at half the false-alarm rate.
    double allowed = massart(DRAWS, FALSE_ALARM / 2) + massart(TWO_STAGE_DRAWS, FALSE_ALARM / 2);
    assertTrue(apart <= allowed, "two-sample distance " + apart);
    assertTrue(chiSquared(counts, literal) <= CHI_SQUARED_LIMIT, "two-sample χ²");
  }

  /**
   * The same statistics must tell noise 1% too small, and a law that is only nearly the right one.
   */
  @Test
  void wrongNoiseIsNoticed() {
    LmoNoise law = Law.PUBLISHED_EPS_03.noise;
    QuantileTable table = QuantileTable.of(law);
    Bins bins = new Bins(law, quantum(table.largest()));
    long[] short1 = bins.count(draws(table, bins.quantum, 0.99));
    assertFalse(bins.distance(short1) <= massart(DRAWS), "distance " + bins.distance(short1));
    assertFalse(bins.chiSquared(short1) <= CHI_SQUARED_LIMIT, "χ² " + bins.chiSquared(short1));

    LmoNoise other =
        new LmoNoise(
            gamma(0.1, 1.05, 0.5), exponential(0.1, 5), uniform(0.1, 1, 2), TruncatedNormal.none());
    long[] shape = bins.count(draws(QuantileTable.of(other), bins.quantum, 1));
    assertFalse(bins.distance(shape) <= massart(DRAWS), "distance " + bins.distance(shape));
    assertFalse(bins.chiSquared(shape) <= CHI_SQUARED_LIMIT, "χ² " + bins.chiSquared(shape));
    long[] literal = bins.count(twoStage(law.scaled(1.03)));
    long[] right = bins.count(draws(table, bins.quantum, 1));
    assertFalse(chiSquared(right, literal) <= CHI_SQUARED_LIMIT, "two-sample χ²");
  }

  /** The kernel's own Laplace law, which needs no table. */
  @Test
  void laplaceNoiseNeedsNoTable() {
    Bins bins = new Bins(LmoNoise.laplace(2.5), 0x1p-40);
    long[] counts = bins.count(draws(DrawnNoise.LAPLACE, null, bins.quantum, 2.5));
    assertTrue(bins.distance(counts) <= massart(DRAWS), "distance " + bins.distance(counts));
    assertTrue(bins.chiSquared(counts) <= CHI_SQUARED_LIMIT, "χ² " + bins.chiSquared(counts));
  }

  /** A grid on which the largest draw takes at most 2^50 quanta. */
  private static double quantum(double largest) {
    return Math.scalb(1.0, Math.getExponent(largest) - 49);
  }

  private static double massart(int n) {
    return massart(n, FALSE_ALARM);
  }

  private static double massart(int n, double falseAlarm) {
    return Math.sqrt(Math.log(2 / falseAlarm) / (2.0 * n));
  }

  private static float[] draws(QuantileTable table, double quantum, double scale) {
    return draws(null, table, quantum, scale);
  }

  /** DRAWS values from the kernel; the law's table is uploaded where it has one. */
  private static float[] draws(DrawnNoise law, QuantileTable table, double quantum, double scale) {
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) 7);
    float[] all = new float[DRAWS];
    double[] rows = table == null ? new double[0] : table.coefficients();
    try (Backend backend = Backends.open("cpu", 1);
        DeviceBuffer quantiles = backend.allocate(ElementType.F64, rows.length);
        DeviceBuffer sum = backend.allocate(ElementType.F64, CHUNK);
        DeviceBuffer out = backend.allocate(ElementType.F32, CHUNK)) {
      quantiles.upload(rows, rows.length);
      DrawnNoise drawn = table == null ? law : DrawnNoise.lmo(quantiles, table.largest());
      for (int at = 0; at < DRAWS; at += CHUNK) {
        Noise.Address address = new Noise.Address(key, 3, 1, at);
        backend
            .privatePath()
            .addNoise(new Noise(drawn, scale, quantum, address, CHUNK, sum, 1), out);
        System.arraycopy(out.downloadFloats(CHUNK), 0, all, at, CHUNK);
      }
    }
    return all;
  }

  private static float[] twoStage(LmoNoise law) {
    TwoStageSampler sampler = new TwoStageSampler(law, 11);
    float[] all = new float[TWO_STAGE_DRAWS];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) sampler.next();
    }
    return all;
  }

  private static double largestGap(long[] a, long[] b) {
    double na = Arrays.stream(a).sum();
    double nb = Arrays.stream(b).sum();
    double gap = 0;
    long belowA = 0;
    long belowB = 0;
    for (int i = 0; i < a.length; i++) {
      belowA += a[i];
      belowB += b[i];
      gap = Math.max(gap, Math.abs(belowA / na - belowB / nb));
    }
    return gap;
  }

  /** χ² of two samples, as many degrees of freedom as bins less one. */
  private static double chiSquared(long[] a, long[] b) {
    double ratio = Math.sqrt((double) Arrays.stream(a).sum() / Arrays.stream(b).sum());
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      double difference = a[i] / ratio - b[i] * ratio;
      sum += difference * difference / (a[i] + b[i]);
    }
    return sum;
  }

  /**
   * Bins whose edges lie halfway between points of the grid, so that a draw and the draw rounded to
   * the grid fall into the same bin.
   */
  private static final class Bins {
    final double quantum;
    private final double[] edges = new double[BINS - 1];
    private final double[] below = new double[BINS - 1]; // the law's P(Z < edge)

    Bins(LmoNoise law, double quantum) {
      this.quantum = quantum;
      for (int i = 0; i < edges.length; i++) {
        double even = law.quantile((i + 1.0) / BINS);
        edges[i] = (Math.floor(even / quantum) + 0.5) * quantum;
        below[i] = law.cdf(edges[i]);
      }
    }

    long[] count(float[] values) {
      long[] counts = new long[BINS];
      for (float value : values) {
        int place = Arrays.binarySearch(edges, value);
        counts[place >= 0 ? place : -place - 1]++;
      }
      return counts;
    }

    double distance(long[] counts) {
      double n = Arrays.stream(counts).sum();
      double distance = 0;
      long sum = 0;
      for (int i = 0; i < below.length; i++) {
        sum += counts[i];
        distance = Math.max(distance, Math.abs(sum / n - below[i]));
      }
      return distance;
    }

    double chiSquared(long[] counts) {
      double n = Arrays.stream(counts).sum();
      double statistic = 0;
      for (int i = 0; i < BINS; i++) {
        double upper = i == BINS - 1 ? 1 : below[i];
        double expected = n * (upper - (i == 0 ? 0 : below[i - 1]));
        statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
      }
      return statistic;
    }
  }
}
