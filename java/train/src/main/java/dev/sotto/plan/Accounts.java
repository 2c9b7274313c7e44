package dev.sotto.plan;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.ComposedEvent;
import dev.sotto.accounting.CutTails;
import dev.sotto.accounting.FilterAccountant;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PaperAccount;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.accounting.PrivacyFilter;
import dev.sotto.clip.Clipping;
import dev.sotto.mechanism.NoiseMechanism;
import dev.sotto.noise.NoiseLaw;
import dev.sotto.trainer.ControlledRelease;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.stream.DoubleStream;

/** Finds the noise for the guarantee wanted. */
public final class Accounts {
  /** A filter rounds every charge up; so much room keeps the last planned step within it. */
  private static final double FILTER_ROUNDING = 1e-9;

  private Accounts() {}

  /**
   * The account of a run in which everything is fixed.
   *
   * @param units N, public
   * @param groups what is clipped together
   * @throws IllegalArgumentException if the target cannot be reached, or sums would not be exact
   */
  static Account.Private of(
      Privacy privacy, TrainingOptions training, long units, List<Clipping.Group> groups) {
    return privacy.noise().paper()
        ? claimed(privacy, training, units, groups)
        : proven(privacy, training, units, groups);
  }

  private static Account.Proven proven(
      Privacy privacy, TrainingOptions training, long units, List<Clipping.Group> groups) {
    NoisePlan.Sampling sampling = sampling(training, units, groups);
    double q = sampling.probability();
    long steps = sampling.steps();
    double delta = privacy.deltaFor(units);
    NoiseChoice noise = privacy.noise().standardized();
    Accountant accountant = Accountant.named(privacy.accountant());
    double accounted = accounted(noise, privacy, delta, groups, steps);
    double z =
        noise.law().mixture().isEmpty()
            ? Calibration.noiseMultiplier(accountant, privacy.epsilon(), accounted, q, steps)
            : Calibration.noiseMultiplier(
                accountant,
                privacy.epsilon(),
                accounted,
                m ->
                    new PoissonSampledEvent(q, noise.event(m, groups, privacy.allocation()))
                        .repeated(steps));
    return new Account.Proven(
        plan(sampling, noise, z, groups, privacy), accountant, privacy.epsilon(), delta);
  }

  /**
   * The head's own stage.
   *
   * @param wanted what it may spend, and how
   * @param groups what of the head is clipped together
   */
  record Head(TuneOptions.HeadFirst wanted, List<Clipping.Group> groups) {}

  /**
   * The account of a run of two stages with Gaussian noise. The first stage alone meets the ε that
   * it may spend; the noise of the second is the least with which both together meet the run's.
   *
   * @param units N, public
   * @param groups what is clipped together in the second stage
   * @throws IllegalArgumentException if the target cannot be reached, or sums would not be exact
   */
  static Account.Proven headFirst(
      Privacy privacy,
      TrainingOptions training,
      long units,
      Head head,
      List<Clipping.Group> groups) {
    TuneOptions.HeadFirst wanted = head.wanted();
    double q = wanted.samplingProbability();
    NoisePlan.Sampling before = new NoisePlan.Sampling(units, q, wanted.steps());
    head.groups().forEach(group -> group.requireExactSums(q * units));
    double delta = privacy.deltaFor(units);
    Accountant accountant = Accountant.named(privacy.accountant());
    CutTails cutBefore = cutTails(head.groups(), before.steps());
    double z =
        Calibration.noiseMultiplier(
            accountant,
            wanted.epsilon(),
            cutBefore.accountedDelta(wanted.epsilon(), delta),
            q,
            before.steps());
    NoisePlan first = plan(before, privacy.noise(), z, head.groups(), privacy);
    NoisePlan.Sampling sampling = sampling(training, units, groups);
    PrivacyEvent begun = first.charged(before.steps());
    double rest =
        Calibration.noiseMultiplier(
            accountant,
            privacy.epsilon(),
            cutBefore
                .and(cutTails(groups, sampling.steps()))
                .accountedDelta(privacy.epsilon(), delta),
            multiplier ->
                ComposedEvent.of(
                    begun, Calibration.run(multiplier, sampling.probability(), sampling.steps())));
    NoisePlan second = plan(sampling, privacy.noise(), rest, groups, privacy);
    return new Account.Proven(second.after(first), accountant, privacy.epsilon(), delta);
  }

  private static CutTails cutTails(List<Clipping.Group> groups, long steps) {
    return CutTails.of(GaussianEvent.ofMultiplier(1), coordinates(groups), steps);
  }

  private static Account.PaperClaim claimed(
      Privacy privacy, TrainingOptions training, long units, List<Clipping.Group> groups) {
    NoisePlan.Sampling sampling = sampling(training, units, groups);
    double delta = privacy.deltaFor(units);
    NoiseChoice noise = privacy.noise().standardized();
    // The claim knows nothing of the cut tails, but a δ below them is refused all the same.
    accounted(noise, privacy, delta, groups, sampling.steps());
    double sensitivity =
        Math.sqrt(DoubleStream.of(NoiseChoice.sensitivities(groups)).map(s -> s * s).sum());
    double z =
        new PaperAccount(noise.law().mixture().orElseThrow(), sensitivity)
                .calibratedScale(privacy.epsilon(), delta, sampling.probability(), sampling.steps())
            / sensitivity;
    return new Account.PaperClaim(
        plan(sampling, noise, z, groups, privacy), privacy.epsilon(), delta);
  }

  private static NoisePlan.Sampling sampling(
      TrainingOptions training, long units, List<Clipping.Group> groups) {
    NoisePlan.Sampling sampling = NoisePlan.Sampling.of(training, units);
    groups.forEach(group -> group.requireExactSums(sampling.probability() * units));
    return sampling;
  }

  private static NoisePlan plan(
      NoisePlan.Sampling sampling,
      NoiseChoice noise,
      double z,
      List<Clipping.Group> groups,
      Privacy privacy) {
    PrivacyEvent event = noise.event(z, groups, privacy.allocation());
    NoiseMechanism.requireDrawable(event, groups);
    return new NoisePlan(
        sampling,
        noise.law().kind(),
        z,
        event,
        Optional.empty(),
        coordinates(groups),
        Optional.empty());
  }

  /**
   * The δ that is left once the cut tails are paid; which law is drawn is not its scale's matter.
   */
  private static double accounted(
      NoiseChoice noise, Privacy privacy, double delta, List<Clipping.Group> groups, long steps) {
    return CutTails.of(noise.event(1, groups, privacy.allocation()), coordinates(groups), steps)
        .accountedDelta(privacy.epsilon(), delta);
  }

  private static long coordinates(List<Clipping.Group> groups) {
    return groups.stream().mapToLong(Clipping.Group::size).sum();
  }

  /**
   * The account of a run whose controller chooses clip norms, and on request noise. The statistics
   * that it reads are inside the guarantee.
   *
   * @param control who chooses
   * @param startedFrom SHA-256 of its policy file; empty if it starts fresh
   * @param statistics whether it reads statistics, which are then released with every step
   * @param units N, public
   * @param groups the LoRA pairs at their base thresholds
   * @throws IllegalArgumentException if the target cannot be reached, or sums would not be exact
   */
  static Account.Proven controlled(
      Privacy privacy,
      ControlOptions control,
      Optional<String> startedFrom,
      boolean statistics,
      TrainingOptions training,
      long units,
      List<Clipping.Group> groups) {
    control.requireWithin(NoisePlan.Sampling.of(training, units).steps());
    double delta = privacy.deltaFor(units);
    NoisePlan.Sampling sampling = sampling(training, units, groups);
    double q = sampling.probability();
    long steps = sampling.steps();
    double epsilon = privacy.epsilon();
    long draws = coordinates(groups) + (statistics ? groups.size() + 1 : 0);
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
            statistics
                ? Optional.of(release.groups().get(groups.size()).stddev())
                : Optional.empty(),
            accountant instanceof FilterAccountant filter
                ? Optional.of(filter.order())
                : Optional.empty());
    return new Account.Proven(
        new NoisePlan(
            sampling,
            NoiseLaw.Kind.GAUSSIAN,
            z,
            release,
            Optional.of(plan),
            draws,
            Optional.empty()),
        accountant,
        epsilon,
        delta);
  }

  /** The order is chosen for a run at constant noise; it holds whatever the run becomes. */
  private static FilterAccountant filterAccountant(
      double epsilon, double delta, double q, long steps) {
    double z = Calibration.noiseMultiplier(Accountant.rdp(), epsilon, delta, q, steps);
    return new FilterAccountant(
        PrivacyFilter.forPlan(epsilon, delta, Calibration.run(z, q, steps)).order());
  }

  /**
   * The account of flat clipping of {@code parameters} trainable parameters, before there is a
   * model.
   *
   * @param units N, public
   */
  public static Account.Proven flat(
      Privacy privacy, TrainingOptions training, long units, long parameters) {
    return proven(privacy, training, units, flat(privacy, parameters));
  }

  private static List<Clipping.Group> flat(Privacy privacy, long parameters) {
    return List.of(new Clipping.Group(0, parameters, privacy.clipNorm()));
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
      Privacy privacy, TrainingOptions training, long units, long parameters, double advantage) {
    NoisePlan.Sampling sampling = NoisePlan.Sampling.of(training, units);
    double q = sampling.probability();
    Accountant accountant = Accountant.named(privacy.accountant());
    NoiseChoice noise = privacy.noise().standardized();
    List<Clipping.Group> groups = flat(privacy, parameters);
    DoubleFunction<PrivacyEvent> run =
        z ->
            noise.law().mixture().isEmpty()
                ? Calibration.run(z, q, sampling.steps())
                : new PoissonSampledEvent(q, noise.event(z, groups, privacy.allocation()))
                    .repeated(sampling.steps());
    double z = Calibration.noiseMultiplierForAdvantage(accountant, advantage, run);
    return accountant.epsilonUpper(run.apply(z), privacy.deltaFor(units));
  }
}
