package dev.sotto.plan;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.CutTails;
import dev.sotto.accounting.FilterAccountant;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.MembershipRisk;
import dev.sotto.accounting.PaperAccount;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.accounting.PrivacyFilter;
import dev.sotto.clip.Clipping;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.mechanism.NoiseMechanism;
import dev.sotto.noise.LmoNoise;
import dev.sotto.trainer.ControlledRelease;
import dev.sotto.trainer.ControlledTraining;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.stream.DoubleStream;

/**
 * The numbers of a private run, all fixed before it starts.
 *
 * @param units N, public
 * @param samplingProbability q
 * @param steps T
 * @param epsilon target ε; what {@code paper} accounting claims to meet if that chose the noise
 * @param delta δ
 * @param accountant who vouches for it; null if nobody does
 * @param mechanism {@code gaussian}, {@code laplace} or {@code lmo}
 * @param noiseMultiplier z, the least that meets the target; of a law that is not Gaussian,
 *     relative to the law scaled to a Fisher information of 1
 * @param release what each step releases about its sample; of a controlled run, before its
 *     controller has chosen anything
 * @param control what a controller may choose; null where everything is fixed
 * @param coordinates noise draws a step, statistics included
 */
public record PrivacyPlan(
    long units,
    double samplingProbability,
    long steps,
    double epsilon,
    double delta,
    Accountant accountant,
    String mechanism,
    double noiseMultiplier,
    PrivacyEvent release,
    ControlPlan control,
    long coordinates) {

  /** A filter rounds every charge up; so much room keeps the last planned step within it. */
  private static final double FILTER_ROUNDING = 1e-9;

  /**
   * Finds the noise for the guarantee wanted.
   *
   * @param units N, public
   * @param groups what is clipped together
   * @throws IllegalArgumentException if the target cannot be reached, or sums would not be exact
   */
  public static PrivacyPlan of(
      PrivacyOptions privacy, TrainingOptions training, long units, List<Clipping.Group> groups) {
    double q = training.samplingProbability(units);
    long steps = training.stepsFor(q);
    double delta = privacy.deltaFor(units);
    double epsilon = privacy.epsilon();
    groups.forEach(group -> group.requireExactSums(q * units));
    NoiseChoice noise = privacy.noise().standardized();
    Accountant accountant = noise.paper() ? null : Accountant.named(privacy.accountant());
    long coordinates = groups.stream().mapToLong(Clipping.Group::size).sum();
    // Which law is drawn does not depend on its scale.
    double accounted =
        CutTails.of(noise.release(1, groups, privacy.allocation()), coordinates, steps)
            .accountedDelta(epsilon, delta);
    double z;
    if (accountant == null) {
      double sensitivity = norm(NoiseChoice.sensitivities(groups));
      z =
          new PaperAccount(noise.law(), sensitivity).calibratedScale(epsilon, delta, q, steps)
              / sensitivity;
    } else if (noise.law() == null) {
      z = Calibration.noiseMultiplier(accountant, epsilon, accounted, q, steps);
    } else {
      z =
          Calibration.noiseMultiplier(
              accountant,
              epsilon,
              accounted,
              m ->
                  new PoissonSampledEvent(q, noise.release(m, groups, privacy.allocation()))
                      .repeated(steps));
    }
    PrivacyEvent release = noise.release(z, groups, privacy.allocation());
    NoiseMechanism.requireDrawable(release, groups);
    return new PrivacyPlan(
        units,
        q,
        steps,
        epsilon,
        delta,
        accountant,
        noise.mechanism(),
        z,
        release,
        null,
        coordinates);
  }

  /**
   * Finds the noise for the guarantee wanted when a controller chooses clip norms, and on request
   * noise. The statistics that it reads are inside the guarantee.
   *
   * @param control who chooses
   * @param startedFrom SHA-256 of its policy file, or null
   * @param statistics whether it reads statistics, which are then released with every step
   * @param units N, public
   * @param groups the LoRA pairs at their base thresholds
   * @throws IllegalArgumentException if the target cannot be reached, or sums would not be exact
   */
  static PrivacyPlan controlled(
      PrivacyOptions privacy,
      ControlOptions control,
      String startedFrom,
      boolean statistics,
      TrainingOptions training,
      long units,
      List<Clipping.Group> groups) {
    double q = training.samplingProbability(units);
    long steps = training.stepsFor(q);
    control.requireWithin(steps);
    double delta = privacy.deltaFor(units);
    double epsilon = privacy.epsilon();
    groups.forEach(group -> group.requireExactSums(q * units));
    long draws =
        groups.stream().mapToLong(Clipping.Group::size).sum()
            + (statistics ? groups.size() + 1 : 0);
    double accounted =
        CutTails.of(GaussianEvent.ofMultiplier(1), draws, steps).accountedDelta(epsilon, delta);
    Accountant accountant =
        control.adaptNoise()
            ? filterAccountant(epsilon, accounted, q, steps)
            : Accountant.named(privacy.accountant());
    double z =
        Calibration.noiseMultiplier(
            accountant,
            control.adaptNoise() ? epsilon * (1 - FILTER_ROUNDING) : epsilon,
            accounted,
            q,
            steps);
    ControlledRelease form =
        new ControlledRelease(statistics ? control.statisticsCost() : 0, control.lossBound());
    GaussianEvent release = form.event(groups, z, privacy.allocation());
    NoiseMechanism.requireDrawable(release, groups);
    ControlPlan plan =
        new ControlPlan(
            control.controller(),
            startedFrom,
            form,
            privacy.allocation(),
            statistics ? release.groups().get(groups.size()).stddev() : null,
            accountant instanceof FilterAccountant filter ? filter.order() : null);
    return new PrivacyPlan(
        units, q, steps, epsilon, delta, accountant, "gaussian", z, release, plan, draws);
  }

  /** The order is chosen for a run at constant noise; it holds whatever the run becomes. */
  private static FilterAccountant filterAccountant(
      double epsilon, double delta, double q, long steps) {
    double z = Calibration.noiseMultiplier(Accountant.rdp(), epsilon, delta, q, steps);
    return new FilterAccountant(
        PrivacyFilter.forPlan(epsilon, delta, Calibration.run(z, q, steps)).order());
  }

  /**
   * The plan for flat clipping of {@code parameters} trainable parameters, before there is a model.
   *
   * @param units N, public
   */
  public static PrivacyPlan flat(
      PrivacyOptions privacy, TrainingOptions training, long units, long parameters) {
    return of(
        privacy, training, units, List.of(new Clipping.Group(0, parameters, privacy.clipNorm())));
  }

  /**
   * The ε whose plan leaves nobody a larger advantage in telling whether a unit took part; {@link
   * #flat} for it, or {@code finetune}, then finds the noise.
   *
   * @param privacy whose ε is not asked for
   * @param units N, public
   * @param advantage the largest true positive rate minus false positive rate, in (0, 1)
   * @throws IllegalArgumentException if it cannot be reached
   */
  public static double epsilonForAdvantage(
      PrivacyOptions privacy,
      TrainingOptions training,
      long units,
      long parameters,
      double advantage) {
    double q = training.samplingProbability(units);
    long steps = training.stepsFor(q);
    Accountant accountant = Accountant.named(privacy.accountant());
    NoiseChoice noise = privacy.noise().standardized();
    List<Clipping.Group> groups = List.of(new Clipping.Group(0, parameters, privacy.clipNorm()));
    DoubleFunction<PrivacyEvent> run =
        z ->
            noise.law() == null
                ? Calibration.run(z, q, steps)
                : new PoissonSampledEvent(q, noise.release(z, groups, privacy.allocation()))
                    .repeated(steps);
    double z = Calibration.noiseMultiplierForAdvantage(accountant, advantage, run);
    return accountant.epsilonUpper(run.apply(z), privacy.deltaFor(units));
  }

  private static double norm(double[] values) {
    return Math.sqrt(DoubleStream.of(values).map(v -> v * v).sum());
  }

  /** Expected batch size, qN. */
  public double expectedBatchSize() {
    return samplingProbability * units;
  }

  /** Whether somebody vouches for the target; if not, no ε may be stated. */
  public boolean provesEpsilon() {
    return accountant != null;
  }

  /** {@code pld}, {@code rdp}, or {@code paper}, which proves nothing. */
  public String accountantName() {
    return accountant == null ? LedgerHeader.PAPER : accountant.name();
  }

  /** What one step costs. */
  public PoissonSampledEvent step() {
    return new PoissonSampledEvent(samplingProbability, release);
  }

  /**
   * Upper bound on ε after {@code charged} steps of the planned noise; 0 before the first, infinite
   * without proof.
   */
  public double epsilonAfter(long charged) {
    if (accountant == null) {
      return Double.POSITIVE_INFINITY;
    }
    return charged == 0 ? 0 : accountant.epsilonUpper(step().repeated(charged), accountedDelta());
  }

  /** The δ that is left to the accountant once the cut tails of the noise are paid. */
  public double accountedDelta() {
    return cutTails().accountedDelta(epsilon, delta);
  }

  private CutTails cutTails() {
    return CutTails.of(release, coordinates, steps);
  }

  /**
   * What the whole plan means to a person; from ε and δ alone where the noise may follow releases.
   *
   * @param candidates how many an observer may pick from
   */
  public MembershipRisk risk(long candidates) {
    return control != null && control.filterOrder() != null
        ? MembershipRisk.ofGuarantee(epsilon, delta, candidates)
        : MembershipRisk.of(accountant, step().repeated(steps), cutTails(), candidates);
  }

  /** The least noise multiplier that a step may have. */
  double leastMultiplier() {
    return control != null && control.filterOrder() != null
        ? ControlledTraining.LEAST_FACTOR * noiseMultiplier
        : noiseMultiplier;
  }

  /** The noise multiplier that Gaussian noise needs for the same target. */
  public double gaussianMultiplier() {
    return Calibration.noiseMultiplier(
        accountant, epsilon, accountedDelta(), samplingProbability, steps);
  }

  /**
   * Standard deviation of the noise on a coordinate of each group, in the gradient's units;
   * infinite where the law has none.
   */
  public double[] noiseStddevs() {
    if (release instanceof GaussianEvent gaussian) {
      return gaussian.groups().stream().mapToDouble(GaussianEvent.Group::stddev).toArray();
    }
    LmoEvent lmo = (LmoEvent) release;
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
