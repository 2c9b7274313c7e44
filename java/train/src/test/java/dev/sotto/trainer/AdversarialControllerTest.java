package dev.sotto.trainer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.ComposedEvent;
import dev.sotto.accounting.FilterAccountant;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.accounting.PrivacyFilter;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.PrivateKernels.PairFactors;
import dev.sotto.compute.PrivateKernels.Units;
import dev.sotto.compute.Rows;
import dev.sotto.compute.WeightUpdate;
import dev.sotto.control.Decision;
import dev.sotto.gradient.Factors;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.NoiseMechanism;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.BetaDistribution;
import org.junit.jupiter.api.Test;

/**
 * Controllers that work against the guarantee. One victim is in the data or not; all others are
 * known to the attacker and subtracted, so each step releases the victim's clipped gradient, or
 * nothing, under noise. The attacker chooses every step's clip norms, and its noise where that is
 * allowed, from all earlier releases, with the one aim to tell the two worlds apart.
 */
class AdversarialControllerTest {
  private static final double EPSILON = 1.5;
  private static final double DELTA = 1e-5;
  private static final int STEPS = 6;

  /** The bound on ε holds with this probability of error, in each of two proportions. */
  private static final double ERROR = 1e-4;

  private static final int TRIALS = 4000;
  private static final double[] VICTIM = {40, 30, -40, 30};

  private static final ParameterLayout LAYOUT =
      ParameterLayout.ofPairs(List.of(new LoraShape(1, 1, 1, 1), new LoraShape(1, 1, 1, 1)));
  private static final ControlledRelease RELEASE = new ControlledRelease(0, 1);

  /** Chooses from the evidence so far: positive when the victim seems to be there. */
  private interface Attacker {
    Decision decide(double evidence, int step);
  }

  private static final Attacker LEAKS =
      (evidence, step) ->
          evidence > 0
              ? decision(4, 0.25, NoiseAllocation.UNIFORM, 0.5)
              : decision(0.25, 4, NoiseAllocation.MINIMUM_VARIANCE, 2);
  private static final Attacker EXTREME =
      (evidence, step) ->
          decision(step % 2 == 0 ? 1e3 : 1e-2, 1e-2, NoiseAllocation.PROPORTIONAL, 1e-9);

  private static Decision decision(
      double first, double second, NoiseAllocation allocation, double noiseFactor) {
    return new Decision(new double[] {first, second}, 0, allocation, noiseFactor);
  }

  /** Everything one trial needs, made once. */
  private static final class World implements AutoCloseable {
    final Backend backend = Backends.open("cpu", 1);
    final PerSampleGradients gradients = new PerSampleGradients(backend, LAYOUT, 1);
    final ClippedGradSum sum =
        new ClippedGradSum(backend, LAYOUT, 1, Clipping.perPair(new double[] {1, 1}));
    final NoiseMechanism mechanism = new NoiseMechanism(NoiseKey.seededForTests(77));
    final DeviceBuffer out = backend.allocate(ElementType.F32, 4);
    final DeviceBuffer weights = backend.allocate(ElementType.F32, 4);
    final DeviceBuffer momentum = backend.allocate(ElementType.F32, 4);
    final DeviceBuffer start = backend.allocate(ElementType.I32, 2);
    final DeviceBuffer[] factors = new DeviceBuffer[8];
    private long draw;

    World() {
      start.upload(new int[] {0, 1}, 2);
      // One row with x = u = 1 has du as its gradient of A and dy as that of B.
      float[] values = {
        1, 1, (float) VICTIM[1], (float) VICTIM[0], 1, 1, (float) VICTIM[3], (float) VICTIM[2]
      };
      for (int i = 0; i < factors.length; i++) {
        factors[i] = backend.allocate(ElementType.F32, 1);
        factors[i].upload(new float[] {values[i]});
      }
      gradients.begin(1);
      for (int k = 0; k < 2; k++) {
        DeviceBuffer[] f = {
          factors[4 * k], factors[4 * k + 1], factors[4 * k + 2], factors[4 * k + 3]
        };
        gradients.accept(
            k,
            new Factors.LowRank(
                new PairFactors(
                    new LoraShape(1, 1, 1, 1),
                    new Units(1, start, 1),
                    f[0],
                    f[1],
                    new Rows(f[2], 1),
                    f[3])));
      }
    }

    /** The evidence of one step: log-likelihood ratio of the victim's presence. */
    double step(boolean present, Clipping clipping, GaussianEvent event) {
      sum.reset(clipping);
      if (present) {
        sum.add(gradients);
      }
      WeightUpdate none = new WeightUpdate.Sgd(0, 0, 0, momentum, weights);
      mechanism.releaseInto(sum, null, event, ++draw, 1, none, out);
      float[] released = out.downloadFloats(4);
      double evidence = 0;
      for (int i = 0; i < 4; i++) {
        int k = i / 2;
        double norm = Math.hypot(VICTIM[2 * k], VICTIM[2 * k + 1]);
        double clipped = VICTIM[i] * Math.min(1, clipping.clipNorms()[k] / norm);
        double s = event.groups().get(k).stddev();
        evidence += clipped * (released[i] - clipped / 2) / (s * s);
      }
      return evidence;
    }

    @Override
    public void close() {
      for (AutoCloseable part : List.of(gradients, sum, mechanism, out, weights, momentum, start)) {
        try {
          part.close();
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }
      for (DeviceBuffer factor : factors) {
        factor.close();
      }
      backend.close();
    }
  }

  @Test
  void atAFixedMultiplierNoAttackerTellsMoreThanTheAccountSays() {
    double z = Calibration.noiseMultiplier(Accountant.pld(), EPSILON, DELTA, 1, STEPS);
    for (Attacker attacker : List.of(LEAKS, EXTREME)) {
      double shown = shownEpsilon(attacker, z, false);
      assertTrue(shown <= EPSILON, "shown " + shown);
    }
  }

  @Test
  void underTheFilterNoAttackerTellsMoreThanTheBudget() {
    double z = Calibration.noiseMultiplier(Accountant.rdp(), EPSILON, DELTA, 1, STEPS);
    for (Attacker attacker : List.of(LEAKS, EXTREME)) {
      double shown = shownEpsilon(attacker, z, true);
      assertTrue(shown <= EPSILON, "shown " + shown);
    }
  }

  @Test
  void theExperimentNoticesThatNoiseIsMissing() {
    double z = Calibration.noiseMultiplier(Accountant.pld(), EPSILON, DELTA, 1, STEPS);
    double shown = shownEpsilon(LEAKS, z / 3, false);
    assertTrue(shown > EPSILON, "a third of the noise showed only " + shown);
  }

  /** The filter's own promise, whatever is asked of it. */
  @Test
  void noSequenceOfDecisionsTakesTheFilterOverItsBudget() {
    Random random = new Random(3);
    double q = 0.05;
    double z = Calibration.noiseMultiplier(Accountant.rdp(), EPSILON, DELTA, q, 40);
    for (int trial = 0; trial < 30; trial++) {
      PrivacyFilter filter = PrivacyFilter.forPlan(EPSILON, DELTA, Calibration.run(z, q, 40));
      List<PrivacyEvent> admitted = new ArrayList<>();
      for (int step = 0; step < 80; step++) {
        double factor = Math.exp(3 * random.nextGaussian());
        Decision decision =
            decision(
                Math.exp(5 * random.nextGaussian()),
                Math.exp(5 * random.nextGaussian()),
                NoiseAllocation.values()[random.nextInt(3)],
                factor);
        PoissonSampledEvent event =
            new PoissonSampledEvent(
                q, event(decision, z * Math.max(ControlledTraining.LEAST_FACTOR, factor)));
        if (filter.tryReserve(event)) {
          admitted.add(event);
        }
      }
      double spent =
          new FilterAccountant(filter.order()).epsilonUpper(new ComposedEvent(admitted), DELTA);
      assertTrue(spent <= EPSILON && !admitted.isEmpty(), "spent " + spent);
    }
  }

  private static GaussianEvent event(Decision decision, double multiplier) {
    return RELEASE.event(
        ControlledRelease.clipping(decision).groups(LAYOUT), multiplier, decision.allocation());
  }

  /**
   * A lower bound on ε from attacks on both worlds: with x attacks that call the victim present
   * among n with it and y among n without it, e^ε ≥ (P_x − δ)/P_y with Clopper and Pearson's bounds
   * for the two; the threshold is chosen on trials of its own.
   */
  private static double shownEpsilon(Attacker attacker, double z, boolean filtered) {
    try (World world = new World()) {
      double[][] tuning = evidence(world, attacker, z, filtered);
      double threshold = 0;
      double best = Double.NEGATIVE_INFINITY;
      for (double candidate = -2; candidate <= 6; candidate += 0.25) {
        double shown = bound(tuning, candidate);
        if (shown > best) {
          best = shown;
          threshold = candidate;
        }
      }
      return bound(evidence(world, attacker, z, filtered), threshold);
    }
  }

  private static double bound(double[][] evidence, double threshold) {
    long with = IntStream.range(0, TRIALS).filter(i -> evidence[1][i] > threshold).count();
    long without = IntStream.range(0, TRIALS).filter(i -> evidence[0][i] > threshold).count();
    double least =
        with == 0
            ? 0
            : new BetaDistribution(null, with, TRIALS - with + 1.0)
                .inverseCumulativeProbability(ERROR);
    double most =
        without == TRIALS
            ? 1
            : new BetaDistribution(null, without + 1.0, TRIALS - without)
                .inverseCumulativeProbability(1 - ERROR);
    return Math.log(Math.max(1e-300, least - DELTA) / most);
  }

  /** Final evidence of every trial, without and with the victim. */
  private static double[][] evidence(World world, Attacker attacker, double z, boolean filtered) {
    double[][] evidence = new double[2][TRIALS];
    PrivacyEvent plan = GaussianEvent.ofMultiplier(z).repeated(STEPS);
    double order = PrivacyFilter.forPlan(EPSILON, DELTA, plan).order();
    for (int present = 0; present < 2; present++) {
      for (int trial = 0; trial < TRIALS; trial++) {
        PrivacyFilter filter = new PrivacyFilter(EPSILON, DELTA, order);
        double sum = 0;
        for (int step = 0; step < STEPS; step++) {
          Decision decision = attacker.decide(sum, step);
          double factor =
              filtered ? Math.max(ControlledTraining.LEAST_FACTOR, decision.noiseFactor()) : 1;
          GaussianEvent event = event(decision, z * factor);
          if (filtered && !filter.tryReserve(event)) {
            break;
          }
          sum += world.step(present == 1, ControlledRelease.clipping(decision), event);
        }
        evidence[present][trial] = sum;
      }
    }
    return evidence;
  }
}
