package dev.sotto.trainer;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyFilter;
import dev.sotto.clip.Clipping;
import dev.sotto.control.Controller;
import dev.sotto.control.Decision;
import dev.sotto.control.Observation;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.mechanism.NoiseMechanism;
import dev.sotto.mechanism.Privatized;
import dev.sotto.mechanism.PublicScalar;
import dev.sotto.mechanism.StepRelease;
import dev.sotto.mechanism.StepStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Private training whose clip norms, and on request noise, a controller chooses every few steps
 * from what earlier steps released.
 *
 * <p><b>Guarantee.</b> Without a filter every step has the same sampling probability and joint
 * noise multiplier, fixed beforehand, whatever the controller does: each is dominated by the same
 * pair of distributions, whose adaptive composition the tight account covers (Zhu, Dong and Wang
 * 2022). With a {@link PrivacyFilter} the multiplier may follow the controller too; the filter is
 * asked before each step, and when it refuses, the noise is raised or the run ends (Feldman and
 * Zrnic 2021). The controller sees {@link Privatized} and {@link PublicScalar} values alone.
 */
public final class ControlledTraining implements StepRule {
  /** A controller may take the planned noise multiplier down to this share of it, no further. */
  public static final double LEAST_FACTOR = 0.5;

  /** By how much noise is raised at most, over z_0, where the filter refuses what was chosen. */
  private static final double MOST_NOISE = 8;

  private static final double RAISE = 1.05;

  private final PrivateTrainer trainer;
  private final Controller controller;
  private final ControlParameters parameters;
  private final ParameterLayout layout;
  private final Consumer<ControlRecord> intervals;
  private Decision decision;

  /** Of the interval so far. */
  private final List<Privatized<StepStatistics>> statistics = new ArrayList<>();

  private final List<Privatized<double[]>> gradientNorms = new ArrayList<>();
  private Clipping clipping;
  private List<Clipping.Group> groups;
  private Privatized<double[]> adapterNorms;
  private GaussianEvent lastEvent;

  /**
   * Wires a run.
   *
   * @param trainer makes the steps
   * @param controller decides
   * @param layout the LoRA pairs, one group each
   * @param parameters fixed for the run
   * @param inForce the controller's decision for the first steps
   * @param intervals told chosen, released and public values of every interval when it has ended
   */
  public ControlledTraining(
      PrivateTrainer trainer,
      Controller controller,
      ParameterLayout layout,
      ControlParameters parameters,
      Decision inForce,
      Consumer<ControlRecord> intervals) {
    this.trainer = trainer;
    this.controller = controller;
    this.layout = layout;
    this.parameters = parameters;
    this.intervals = intervals;
    begin(inForce);
  }

  /** What is in force for the next step. */
  public Decision inForce() {
    return decision;
  }

  /** Between two intervals: what a controller has seen of one so far is not saved. */
  @Override
  public boolean rests() {
    return gradientNorms.isEmpty();
  }

  @Override
  public boolean step(long step) {
    Optional<GaussianEvent> admitted = admitted();
    if (admitted.isEmpty()) {
      if (!rests()) {
        end(step - 1, true);
      }
      return false;
    }
    lastEvent = admitted.get();
    StepRelease release = trainer.step(step, clipping, lastEvent);
    gradientNorms.add(release.gradientNorms());
    adapterNorms = release.weightNorms();
    if (release.statistics() != null) {
      statistics.add(release.statistics());
    }
    if (step % parameters.interval() == 0 || step == parameters.steps()) {
      end(step, step == parameters.steps());
    }
    return true;
  }

  private void begin(Decision next) {
    decision = next;
    clipping = ControlledRelease.clipping(next);
    groups = clipping.groups(layout);
    lastEvent = null;
    statistics.clear();
    gradientNorms.clear();
  }

  /** Shows the controller the interval that ended with {@code step}, and asks for the next. */
  private void end(long step, boolean last) {
    Optional<Double> validation = parameters.validation().map(v -> v.loss().getAsDouble());
    long deciding = System.nanoTime();
    Observation observation = observation(step, validation);
    Decision next = decision;
    if (last) {
      controller.last(observation);
    } else {
      next = controller.next(observation);
    }
    double controllerSeconds = 1e-9 * (System.nanoTime() - deciding);
    ControlRecord record = record(step, validation, controllerSeconds);
    begin(next);
    intervals.accept(record);
  }

  /** The event of the next step, charged to the filter if there is one; empty if nothing fits. */
  private Optional<GaussianEvent> admitted() {
    if (parameters.noise().filter().isEmpty()) {
      return Optional.of(rests() ? event(parameters.noise().multiplier()) : lastEvent);
    }
    PrivacyFilter filter = parameters.noise().filter().get();
    if (!rests() && filter.tryReserve(sampled(lastEvent))) {
      return Optional.of(lastEvent);
    }
    double most = MOST_NOISE * parameters.noise().multiplier();
    double multiplier =
        parameters.noise().multiplier() * Math.max(LEAST_FACTOR, decision.noiseFactor());
    for (; multiplier <= most; multiplier *= RAISE) {
      GaussianEvent event = event(multiplier);
      if (filter.tryReserve(sampled(event))) {
        return Optional.of(event);
      }
    }
    return Optional.empty();
  }

  private GaussianEvent event(double multiplier) {
    GaussianEvent event =
        parameters.noise().release().event(groups, multiplier, decision.allocation());
    NoiseMechanism.requireDrawable(event, groups);
    return event;
  }

  private PoissonSampledEvent sampled(GaussianEvent event) {
    return new PoissonSampledEvent(parameters.noise().samplingProbability(), event);
  }

  private Observation observation(long step, Optional<Double> validation) {
    return new Observation(
        PublicScalar.progress(step, parameters.steps()),
        parameters
            .noise()
            .filter()
            .map(PublicScalar::budgetLeft)
            .orElseGet(() -> PublicScalar.budgetLeft(step, parameters.steps())),
        PublicScalar.thresholds(clipping),
        List.copyOf(statistics),
        List.copyOf(gradientNorms),
        adapterNorms,
        parameters
            .validation()
            .filter(ControlParameters.Validation::rewards)
            .flatMap(rewarding -> validation)
            .map(PublicScalar::ofPublicData)
            .orElse(null));
  }

  private ControlRecord record(long step, Optional<Double> validation, double controllerSeconds) {
    int pairs = layout.size();
    double[] stddevs =
        lastEvent.groups().stream().limit(pairs).mapToDouble(GaussianEvent.Group::stddev).toArray();
    boolean known = !statistics.isEmpty();
    return new ControlRecord(
        step,
        new ControlRecord.Chosen(decision.clipNorms().clone(), stddevs),
        new ControlRecord.Statistics(
            known ? mean(statistics.stream().map(s -> s.value().clipFractions()).toList()) : null,
            known
                ? statistics.stream().mapToDouble(s -> s.value().loss()).average().orElseThrow()
                : null),
        new ControlRecord.Norms(
            mean(gradientNorms.stream().map(Privatized::value).toList()),
            adapterNorms.value().clone()),
        parameters.epsilonAfter().applyAsDouble(step),
        validation.map(Math::exp).orElse(null),
        controllerSeconds);
  }

  private static double[] mean(List<double[]> values) {
    double[] mean = new double[values.get(0).length];
    for (double[] value : values) {
      for (int k = 0; k < mean.length; k++) {
        mean[k] += value[k] / values.size();
      }
    }
    return mean;
  }
}
