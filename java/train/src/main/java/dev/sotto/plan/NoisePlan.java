package dev.sotto.plan;

import dev.sotto.accounting.ComposedEvent;
import dev.sotto.accounting.CutTails;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.NoiseLaw;
import dev.sotto.trainer.ControlledTraining;
import java.util.Optional;

/**
 * How every step of a private run is sampled and noised, all fixed before it starts. Who says what
 * that costs is an {@link Account}.
 *
 * @param sampling N, q and T
 * @param kind of noise
 * @param noiseMultiplier z, the least that meets the target; of a law that is not Gaussian,
 *     relative to the law scaled to a Fisher information of 1
 * @param event what each step releases about its sample; of a controlled run, before its controller
 *     has chosen anything
 * @param control what a controller may choose; empty where everything is fixed
 * @param coordinates noise draws a step, statistics included
 * @param first steps that come before these, with sampling and noise of their own; empty for none
 */
public record NoisePlan(
    Sampling sampling,
    NoiseLaw.Kind kind,
    double noiseMultiplier,
    PrivacyEvent event,
    Optional<ControlPlan> control,
    long coordinates,
    Optional<NoisePlan> first) {
  /**
   * Who takes part in a step, and how many steps there are.
   *
   * @param units N, public
   * @param probability q
   * @param steps T
   */
  public record Sampling(long units, double probability, long steps) {
    static Sampling of(TrainingOptions training, long units) {
      double q = training.samplingProbability(units);
      return new Sampling(units, q, training.stepsFor(q));
    }
  }

  /** N, public. */
  public long units() {
    return sampling.units();
  }

  /** q. */
  public double samplingProbability() {
    return sampling.probability();
  }

  /** T. */
  public long steps() {
    return sampling.steps();
  }

  /** Expected batch size, qN. */
  public double expectedBatchSize() {
    return samplingProbability() * units();
  }

  /** Whether the noise is normal. */
  public boolean isGaussian() {
    return kind == NoiseLaw.Kind.GAUSSIAN;
  }

  /** What one step costs. */
  public PoissonSampledEvent step() {
    return new PoissonSampledEvent(samplingProbability(), event);
  }

  /** The same with steps before it. */
  NoisePlan after(NoisePlan before) {
    return new NoisePlan(
        sampling, kind, noiseMultiplier, event, control, coordinates, Optional.of(before));
  }

  /** T of these steps and of those before. */
  long allSteps() {
    return stepsOfFirst() + steps();
  }

  private long stepsOfFirst() {
    return first.map(NoisePlan::steps).orElse(0L);
  }

  /** What the first {@code count} of all steps cost, one at least. */
  PrivacyEvent charged(long count) {
    long before = stepsOfFirst();
    if (before == 0) {
      return step().repeated(count);
    }
    PrivacyEvent begun = first.get().step().repeated(Math.min(count, before));
    return count <= before ? begun : ComposedEvent.of(begun, step().repeated(count - before));
  }

  /** What the sampler cuts of the noise of all steps. */
  CutTails cutTails() {
    CutTails own = CutTails.of(event, coordinates, steps());
    return first.map(before -> before.cutTails().and(own)).orElse(own);
  }

  /** The order of the filter that guards the budget; empty where every step has the same noise. */
  Optional<Double> filterOrder() {
    return control.flatMap(ControlPlan::filterOrder);
  }

  /** The least noise multiplier that a step may have. */
  double leastMultiplier() {
    return filterOrder().isPresent()
        ? ControlledTraining.LEAST_FACTOR * noiseMultiplier
        : noiseMultiplier;
  }

  /**
   * Standard deviation of the noise on a coordinate of each group, in the gradient's units;
   * infinite where the law has none.
   */
  public double[] noiseStddevs() {
    if (event instanceof GaussianEvent gaussian) {
      return gaussian.groups().stream().mapToDouble(GaussianEvent.Group::stddev).toArray();
    }
    LmoEvent lmo = (LmoEvent) event;
    double unit = stddev(lmo.law());
    return lmo.groups().stream().mapToDouble(group -> group.scale() * unit).toArray();
  }

  private static double stddev(LmoNoise law) {
    try {
      return Math.sqrt(law.variance());
    } catch (IllegalArgumentException e) {
      // Its inverse scale comes too close to 0 too often.
      return Double.POSITIVE_INFINITY;
    }
  }
}
