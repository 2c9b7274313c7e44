package dev.sotto.search;

import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.accounting.RepeatedEvent;
import dev.sotto.noise.LmoNoise;

/**
 * What noise is searched for: a vector with an L2 clip is released some number of times, each time
 * on a Poisson sample of the units, and all of it together may cost epsilon at delta.
 *
 * @param vector what each release is of
 * @param sampling how often, and of how many units
 * @param target what all releases together may cost
 * @param objective what is wanted of the noise
 * @param gamma the bound of {@link NoiseObjective#USEFULNESS}, in the unit of the noise; with the
 *     other objectives the usefulness is reported beside them
 */
public record NoiseQuery(
    Vector vector, Sampling sampling, Target target, NoiseObjective objective, double gamma) {
  /** The bound of usefulness over the sensitivity that the paper's public code uses. */
  public static final double PAPER_GAMMA = 0.9;

  /**
   * What is released.
   *
   * @param dimension number of coordinates d; each gets its own draw of the noise
   * @param sensitivity L2 norm C by which one privacy unit can move the vector, in the unit of the
   *     noise
   */
  public record Vector(long dimension, double sensitivity) {
    /** Checks the numbers. */
    public Vector {
      if (dimension < 1) {
        throw new IllegalArgumentException("dimension must be at least 1, got " + dimension);
      }
      positive("sensitivity", sensitivity);
    }
  }

  /**
   * Who takes part in a release, and how many there are.
   *
   * @param probability q in (0, 1]; 1 for no sampling
   * @param steps number of releases T
   */
  public record Sampling(double probability, long steps) {
    /** One release about every unit. */
    public static final Sampling ONCE = new Sampling(1, 1);

    /** Checks the numbers. */
    public Sampling {
      if (!(probability > 0) || probability > 1) {
        throw new IllegalArgumentException(
            "sampling probability must lie in (0, 1], got " + probability);
      }
      if (steps < 1 || steps > RepeatedEvent.MAX_COUNT) {
        throw new IllegalArgumentException(
            "number of steps must lie in [1, " + RepeatedEvent.MAX_COUNT + "], got " + steps);
      }
    }
  }

  /**
   * What may be spent.
   *
   * @param epsilon that all releases together may cost
   * @param delta of the guarantee
   */
  public record Target(double epsilon, double delta) {
    /** Checks the numbers. */
    public Target {
      positive("epsilon", epsilon);
      if (!(delta > 0) || delta >= 1) {
        throw new IllegalArgumentException("delta must lie strictly between 0 and 1, got " + delta);
      }
    }
  }

  /** Checks the bound. */
  public NoiseQuery {
    positive("gamma", gamma);
  }

  private static void positive(String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " must be a finite number above 0, got " + value);
    }
  }

  /**
   * One number released once, with the paper's gamma of 0.9 sensitivities.
   *
   * @param sensitivity by how much one privacy unit can move the number
   * @param epsilon of the release
   * @param delta of the release
   * @param objective what is wanted
   * @return the query
   */
  public static NoiseQuery scalar(
      double sensitivity, double epsilon, double delta, NoiseObjective objective) {
    return new NoiseQuery(
        new Vector(1, sensitivity),
        Sampling.ONCE,
        new Target(epsilon, delta),
        objective,
        PAPER_GAMMA * sensitivity);
  }

  /** Number of coordinates d. */
  public long dimension() {
    return vector.dimension();
  }

  /** C, in the unit of the noise. */
  public double sensitivity() {
    return vector.sensitivity();
  }

  /** q; 1 for no sampling. */
  public double samplingProbability() {
    return sampling.probability();
  }

  /** T. */
  public long steps() {
    return sampling.steps();
  }

  /** What all releases together may cost. */
  public double epsilon() {
    return target.epsilon();
  }

  /** Of the guarantee. */
  public double delta() {
    return target.delta();
  }

  /** The same for a vector that a unit can move by another L2 norm. */
  NoiseQuery withSensitivity(double sensitivity) {
    return new NoiseQuery(new Vector(dimension(), sensitivity), sampling, target, objective, gamma);
  }

  /**
   * One release under a law.
   *
   * @param law the noise on each coordinate
   * @return the event of one release, before sampling
   */
  public LmoEvent event(LmoNoise law) {
    return LmoEvent.vector(law, sensitivity(), dimension());
  }

  /**
   * The whole run.
   *
   * @param release one release, before sampling
   * @return T releases, each on a Poisson sample where q is below 1
   */
  public PrivacyEvent run(PrivacyEvent release) {
    PrivacyEvent step =
        samplingProbability() < 1
            ? new PoissonSampledEvent(samplingProbability(), release)
            : release;
    return steps() > 1 ? step.repeated(steps()) : step;
  }
}
