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
import dev.sotto.mechanism.PublicScalar.Source;
import dev.sotto.mechanism.StepRelease;
import dev.sotto.mechanism.StepStatistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
public final class ControlledTraining {
  /** A controller may take the planned noise multiplier down to this share of it, no further. */
  public static final double LEAST_FACTOR = 0.5;

  /** By how much noise is raised at most, over z_0, where the filter refuses what was chosen. */
  private static final double MOST_NOISE = 8;

  private static final double RAISE = 1.05;

  /** Told after every interval: for progress, checkpoints and the trajectory. */
  public interface Listener {
    /**
     * A step was made.
     *
     * @param step charged steps so far
     * @param epsilon upper bound on ε spent so far; under a filter, its whole budget
     */
    void step(long step, double epsilon);

    /**
     * An interval has ended.
     *
     * @param record chosen, released and public values of it
     * @param next what is in force from here on
     */
    void interval(ControlRecord record, Decision next);
  }

  private final PrivateTrainer trainer;
  private final Controller controller;
  private final ControlParameters parameters;
  private final ParameterLayout layout;

  /** Of the interval so far. */
  private final List<Privatized<StepStatistics>> statistics = new ArrayList<>();

  private final List<Privatized<double[]>> gradientNorms = new ArrayList<>();
  private Privatized<double[]> adapterNorms;
  private GaussianEvent lastEvent;
  private boolean exhausted;

  /**
   * Wires a run.
   *
   * @param trainer makes the steps
   * @param controller decides
   * @param layout the LoRA pairs, one group each
   * @param parameters fixed for the run
   */
  public ControlledTraining(
      PrivateTrainer trainer,
      Controller controller,
      ParameterLayout layout,
      ControlParameters parameters) {
    this.trainer = trainer;
    this.controller = controller;
    this.layout = layout;
    this.parameters = parameters;
  }

  /**
   * Makes the steps that are left, to the end of the run or of the budget.
   *
   * @param charged steps charged so far, 0 in a fresh run
   * @param inForce the decision to go on with; null in a fresh run, where the controller is asked
   * @param listener told after every interval
   */
  public void run(long charged, Decision inForce, Listener listener) {
    Decision decision = inForce == null ? controller.first() : inForce;
    long step = charged;
    while (step < parameters.steps() && !exhausted) {
      long from = step;
      long end =
          Math.min(parameters.steps(), (step / parameters.interval() + 1) * parameters.interval());
      step = steps(decision, step, end, listener);
      if (step == from) {
        return;
      }
      double validation =
          parameters.validationLoss() == null
              ? Double.NaN
              : parameters.validationLoss().getAsDouble();
      long deciding = System.nanoTime();
      Observation observation = observation(decision, step, validation);
      Decision used = decision;
      if (step < parameters.steps() && !exhausted) {
        decision = controller.next(observation);
      } else {
        controller.last(observation);
      }
      double controllerSeconds = 1e-9 * (System.nanoTime() - deciding);
      listener.interval(record(used, step, validation, controllerSeconds), decision);
      statistics.clear();
      gradientNorms.clear();
    }
  }

  /** Steps {@code from + 1} to {@code to} under one decision; the last one made. */
  private long steps(Decision decision, long from, long to, Listener listener) {
    Clipping clipping = ControlledRelease.clipping(decision);
    List<Clipping.Group> groups = clipping.groups(layout);
    GaussianEvent event = null;
    for (long step = from + 1; step <= to; step++) {
      event = admitted(decision, groups, event);
      if (event == null) {
        exhausted = true;
        return step - 1;
      }
      StepRelease release = trainer.step(step, clipping, event);
      lastEvent = event;
      gradientNorms.add(release.gradientNorms());
      adapterNorms = release.weightNorms();
      if (release.statistics() != null) {
        statistics.add(release.statistics());
      }
      listener.step(step, parameters.epsilonAfter().applyAsDouble(step));
    }
    return to;
  }

  /** The event of the next step, charged to the filter if there is one; null if nothing fits. */
  private GaussianEvent admitted(
      Decision decision, List<Clipping.Group> groups, GaussianEvent last) {
    PrivacyFilter filter = parameters.filter();
    if (filter == null) {
      return last != null ? last : event(decision, groups, parameters.noiseMultiplier());
    }
    if (last != null && filter.tryReserve(sampled(last))) {
      return last;
    }
    double most = MOST_NOISE * parameters.noiseMultiplier();
    double multiplier =
        parameters.noiseMultiplier() * Math.max(LEAST_FACTOR, decision.noiseFactor());
    for (; multiplier <= most; multiplier *= RAISE) {
      GaussianEvent event = event(decision, groups, multiplier);
      if (filter.tryReserve(sampled(event))) {
        return event;
      }
    }
    return null;
  }

  private GaussianEvent event(Decision decision, List<Clipping.Group> groups, double multiplier) {
    GaussianEvent event = parameters.release().event(groups, multiplier, decision.allocation());
    NoiseMechanism.requireDrawable(event, groups);
    return event;
  }

  private PoissonSampledEvent sampled(GaussianEvent event) {
    return new PoissonSampledEvent(parameters.samplingProbability(), event);
  }

  private Observation observation(Decision decision, long step, double validation) {
    PrivacyFilter filter = parameters.filter();
    double progress = (double) step / parameters.steps();
    double left = filter == null ? 1 - progress : 1 - filter.usedFraction();
    return new Observation(
        PublicScalar.of(progress, Source.PROGRESS),
        PublicScalar.of(left, Source.BUDGET),
        Arrays.stream(decision.clipNorms())
            .mapToObj(norm -> PublicScalar.of(norm, Source.THRESHOLD))
            .toList(),
        List.copyOf(statistics),
        List.copyOf(gradientNorms),
        adapterNorms,
        parameters.validationLoss() == null || !parameters.rewardFromValidation()
            ? null
            : PublicScalar.of(validation, Source.PUBLIC_DATA));
  }

  private ControlRecord record(
      Decision decision, long step, double validation, double controllerSeconds) {
    int pairs = layout.size();
    double[] stddevs =
        lastEvent.groups().stream().limit(pairs).mapToDouble(GaussianEvent.Group::stddev).toArray();
    boolean known = !statistics.isEmpty();
    return new ControlRecord(
        step,
        decision.clipNorms().clone(),
        stddevs,
        known ? mean(statistics.stream().map(s -> s.value().clipFractions()).toList()) : null,
        known
            ? statistics.stream().mapToDouble(s -> s.value().loss()).average().orElseThrow()
            : null,
        mean(gradientNorms.stream().map(Privatized::value).toList()),
        adapterNorms.value().clone(),
        parameters.epsilonAfter().applyAsDouble(step),
        parameters.validationLoss() == null ? null : Math.exp(validation),
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
