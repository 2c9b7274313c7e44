package dev.sotto.noise;

import dev.sotto.noise.LmoNoise.Exponential;
import dev.sotto.noise.LmoNoise.Gamma;
import dev.sotto.noise.LmoNoise.TruncatedNormal;
import dev.sotto.noise.LmoNoise.Uniform;
import java.util.List;

/** Laws that the tests run over. */
final class Laws {
  private static final Exponential NO_EXPONENTIAL = Exponential.none();
  private static final TruncatedNormal NO_NORMAL = TruncatedNormal.none();

  static final LmoNoise ALL_FOUR =
      new LmoNoise(
          new Gamma(0.5, 2.5, 0.4),
          new Exponential(0.2, 3),
          new Uniform(0.3, 0.5, 4),
          new TruncatedNormal(0.6, 1, 2, 0.1, 5));

  private Laws() {}

  static List<LmoNoise> ordinary() {
    return List.of(
        LmoNoise.laplace(0.7),
        gamma(1, 2, 0.5),
        uniform(1, 0, 3),
        normal(-1, 2, 0, 6),
        new LmoNoise(
            new Gamma(0.1, 1, 0.5), new Exponential(0.1, 5), new Uniform(0.1, 1, 2), NO_NORMAL),
        ALL_FOUR);
  }

  static List<LmoNoise> extreme() {
    return List.of(
        gamma(1, 0.05, 1),
        gamma(1, 1e4, 1),
        gamma(1e-6, 3, 1e-6),
        gamma(1e6, 3, 1e6),
        uniform(1, 1, 1 + 1e-12),
        uniform(1e6, 0, 1),
        new LmoNoise(new Gamma(1e-6, 2, 1), new Exponential(1e6, 1), Uniform.none(), NO_NORMAL),
        new LmoNoise(new Gamma(1, 0.05, 1e3), NO_EXPONENTIAL, new Uniform(1, 5, 5), NO_NORMAL),
        normal(-50, 1, 0, 30),
        normal(50, 1, 0, 30),
        normal(50, 1, 0, 100),
        normal(3, 1e-9, 0, 100),
        normal(0, 1e9, 2, 2.5),
        normal(7, 1, 2, 2 + 1e-9));
  }

  static LmoNoise gamma(double weight, double shape, double scale) {
    return new LmoNoise(new Gamma(weight, shape, scale), NO_EXPONENTIAL, Uniform.none(), NO_NORMAL);
  }

  static LmoNoise uniform(double weight, double low, double high) {
    return new LmoNoise(Gamma.none(), NO_EXPONENTIAL, new Uniform(weight, low, high), NO_NORMAL);
  }

  static LmoNoise normal(double mean, double stddev, double low, double high) {
    return new LmoNoise(
        Gamma.none(),
        NO_EXPONENTIAL,
        Uniform.none(),
        new TruncatedNormal(1, mean, stddev, low, high));
  }
}
