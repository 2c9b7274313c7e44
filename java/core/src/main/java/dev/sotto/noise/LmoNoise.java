package dev.sotto.noise;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The law of LMO-DP noise (arXiv 2405.18776): Z = Laplace(0, 1/u), where each coordinate draws its
 * own inverse scale u = a_G Gamma + a_E Exponential + a_U Uniform + a_N TruncatedNormal, the four
 * independent. Immutable, with value equality.
 *
 * <p>Plain Laplace noise is the member whose inverse scale is a constant. What can be asked of a
 * law is in {@link LaplaceMixture}.
 */
public final class LmoNoise extends LaplaceMixture {
  private final Gamma gamma;
  private final Exponential exponential;
  private final Uniform uniform;
  private final TruncatedNormal truncatedNormal;

  /**
   * A term a_G Gamma(shape, scale) of the inverse scale.
   *
   * @param weight a_G, at least 0; 0 leaves the term out
   * @param shape above 0
   * @param scale above 0; the mean is shape times scale
   */
  public record Gamma(double weight, double shape, double scale) {
    /** Checks the parameters. */
    public Gamma {
      Parameters.weight("gamma_weight", weight);
      Parameters.positive("gamma_shape", shape, weight);
      Parameters.positive("gamma_scale", scale, weight);
    }

    /**
     * The absent term.
     *
     * @return weight 0
     */
    public static Gamma none() {
      return new Gamma(0, 1, 1);
    }
  }

  /**
   * A term a_E Exponential(rate) of the inverse scale.
   *
   * @param weight a_E, at least 0; 0 leaves the term out
   * @param rate above 0; the mean is 1 / rate
   */
  public record Exponential(double weight, double rate) {
    /** Checks the parameters. */
    public Exponential {
      Parameters.weight("exponential_weight", weight);
      Parameters.positive("exponential_rate", rate, weight);
    }

    /**
     * The absent term.
     *
     * @return weight 0
     */
    public static Exponential none() {
      return new Exponential(0, 1);
    }
  }

  /**
   * A term a_U Uniform(low, high) of the inverse scale; low = high is a constant.
   *
   * @param weight a_U, at least 0; 0 leaves the term out
   * @param low at least 0
   * @param high above 0 and at least low
   */
  public record Uniform(double weight, double low, double high) {
    /** Checks the parameters. */
    public Uniform {
      Parameters.weight("uniform_weight", weight);
      Parameters.range("uniform_low", low, "uniform_high", high, weight);
    }

    /**
     * The absent term.
     *
     * @return weight 0
     */
    public static Uniform none() {
      return new Uniform(0, 0, 1);
    }
  }

  /**
   * A term a_N N(mean, stddev^2) restricted to [low, high] of the inverse scale; low = high is a
   * constant.
   *
   * @param weight a_N, at least 0; 0 leaves the term out
   * @param mean of the normal law before it is restricted, of either sign
   * @param stddev of the normal law before it is restricted, above 0
   * @param low at least 0
   * @param high above 0 and at least low
   */
  public record TruncatedNormal(
      double weight, double mean, double stddev, double low, double high) {
    /** Checks the parameters. */
    public TruncatedNormal {
      Parameters.weight("truncated_normal_weight", weight);
      Parameters.finite("truncated_normal_mean", mean);
      Parameters.positive("truncated_normal_stddev", stddev, weight);
      Parameters.range("truncated_normal_low", low, "truncated_normal_high", high, weight);
    }

    /**
     * The absent term.
     *
     * @return weight 0
     */
    public static TruncatedNormal none() {
      return new TruncatedNormal(0, 0, 1, 0, 1);
    }
  }

  /**
   * The law with these terms.
   *
   * @param gamma the gamma term
   * @param exponential the exponential term
   * @param uniform the uniform term
   * @param truncatedNormal the truncated normal term
   * @throws IllegalArgumentException if all weights are 0, or the weighted terms leave the range of
   *     double precision
   */
  public LmoNoise(
      Gamma gamma, Exponential exponential, Uniform uniform, TruncatedNormal truncatedNormal) {
    super(terms(gamma, exponential, uniform, truncatedNormal));
    this.gamma = gamma;
    this.exponential = exponential;
    this.uniform = uniform;
    this.truncatedNormal = truncatedNormal;
  }

  private static InverseScaleTerm[] terms(
      Gamma gamma, Exponential exponential, Uniform uniform, TruncatedNormal normal) {
    List<InverseScaleTerm> present = new ArrayList<>();
    if (gamma.weight > 0) {
      present.add(new GammaTerm(gamma.shape, gamma.weight * gamma.scale));
    }
    if (exponential.weight > 0) {
      present.add(new GammaTerm(1, exponential.weight / exponential.rate));
    }
    if (uniform.weight > 0) {
      present.add(new UniformTerm(uniform.weight * uniform.low, uniform.weight * uniform.high));
    }
    if (normal.weight > 0) {
      double low = normal.weight * normal.low;
      double high = normal.weight * normal.high;
      present.add(
          low == high
              ? new UniformTerm(low, high)
              : new TruncatedNormalTerm(
                  normal.weight * normal.mean, normal.weight * normal.stddev, low, high));
    }
    return present.toArray(new InverseScaleTerm[0]);
  }

  /**
   * Plain Laplace noise, the law whose inverse scale is a constant.
   *
   * @param scale the scale b of density exp(-|x|/b) / (2b), above 0
   * @return the law
   */
  public static LmoNoise laplace(double scale) {
    if (!(scale > 0) || Double.isInfinite(scale)) {
      throw new IllegalArgumentException(
          "the Laplace scale must be a finite number above 0, got " + scale);
    }
    return new LmoNoise(
        Gamma.none(),
        Exponential.none(),
        new Uniform(1, 1 / scale, 1 / scale),
        TruncatedNormal.none());
  }

  /**
   * The gamma term.
   *
   * @return the term, of weight 0 if absent
   */
  public Gamma gamma() {
    return gamma;
  }

  /**
   * The exponential term.
   *
   * @return the term, of weight 0 if absent
   */
  public Exponential exponential() {
    return exponential;
  }

  /**
   * The uniform term.
   *
   * @return the term, of weight 0 if absent
   */
  public Uniform uniform() {
    return uniform;
  }

  /**
   * The truncated normal term.
   *
   * @return the term, of weight 0 if absent
   */
  public TruncatedNormal truncatedNormal() {
    return truncatedNormal;
  }

  /**
   * The law of factor times Z.
   *
   * @param factor above 0
   * @return the law whose weights are divided by the factor
   */
  public LmoNoise scaled(double factor) {
    if (!(factor > 0) || Double.isInfinite(factor)) {
      throw new IllegalArgumentException(
          "a noise law is scaled by a finite factor above 0, got " + factor);
    }
    TruncatedNormal n = truncatedNormal;
    return new LmoNoise(
        new Gamma(gamma.weight / factor, gamma.shape, gamma.scale),
        new Exponential(exponential.weight / factor, exponential.rate),
        new Uniform(uniform.weight / factor, uniform.low, uniform.high),
        new TruncatedNormal(n.weight / factor, n.mean, n.stddev, n.low, n.high));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LmoNoise noise
        && gamma.equals(noise.gamma)
        && exponential.equals(noise.exponential)
        && uniform.equals(noise.uniform)
        && truncatedNormal.equals(noise.truncatedNormal);
  }

  @Override
  public int hashCode() {
    return Objects.hash(gamma, exponential, uniform, truncatedNormal);
  }

  @Override
  public String toString() {
    return "LmoNoise[" + gamma + ", " + exponential + ", " + uniform + ", " + truncatedNormal + "]";
  }
}
