package dev.sotto.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PldAccountant;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.RepeatedEvent;
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
import dev.sotto.gradient.Factors;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.NoiseMechanism;
import dev.sotto.mechanism.PoissonSampler;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The real clip, sampler and noise, audited from one run: each candidate's gradient is a coordinate
 * of its own, of the clip norm, so that nothing but the noise hides who was there. An auditor
 * cannot have more.
 */
class MechanismAuditTest {
  private static final int CANDIDATES = 1000;
  private static final int STEPS = 20;
  private static final double Q = 0.1;
  private static final double DELTA = 1e-5;

  private static final LoraShape PAIR = new LoraShape(CANDIDATES, 1, 1, 1f);
  private static final ParameterLayout LAYOUT = ParameterLayout.ofPairs(List.of(PAIR));

  static Backend backend;

  @BeforeAll
  static void open() {
    backend = Backends.open("cpu", 2);
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  private static double claim(double multiplier) {
    GaussianEvent event = GaussianEvent.ofMultiplier(multiplier);
    return new PldAccountant()
        .epsilonUpper(new RepeatedEvent(new PoissonSampledEvent(Q, event), STEPS), DELTA);
  }

  /**
   * At confidence 0.999 a bound passes a true claim in at most one run of a thousand: in any of
   * these six with probability 0.006.
   */
  @Test
  void honestRunsStayBelowTheirClaim() {
    for (double multiplier : new double[] {0.7, 1.5}) {
      double claimed = claim(multiplier);
      for (int run = 0; run < 3; run++) {
        CanaryAudit audit = audit(multiplier, Q, 10 + run, 0.999);
        assertTrue(audit.epsilon() <= claimed, audit + " against " + claimed);
      }
    }
  }

  @Test
  void noiseFarBelowTheClaimIsCaught() {
    double claimed = claim(1.5);
    CanaryAudit audit = audit(0.05, Q, 20, 0.95);
    assertTrue(audit.epsilon() > claimed, audit + " against " + claimed);
  }

  @Test
  void accountingForSamplingThatDidNotHappenIsCaught() {
    double claimed = claim(1.5);
    CanaryAudit audit = audit(1.5, 1, 30, 0.95);
    assertTrue(audit.epsilon() > claimed, audit + " against " + claimed);
  }

  private static CanaryAudit audit(double multiplier, double q, long seed, double confidence) {
    Random random = new Random(seed);
    boolean[] planted = new boolean[CANDIDATES];
    for (int i = 0; i < CANDIDATES; i++) {
      planted[i] = random.nextBoolean();
    }
    int[] units = IntStream.range(0, CANDIDATES).filter(i -> planted[i]).toArray();
    double[] scores = new double[CANDIDATES];
    NoiseKey key = NoiseKey.seededForTests(seed);
    PoissonSampler sampler = new PoissonSampler(key.sampling(), q, units.length);
    try (ClippedGradSum sum = new ClippedGradSum(backend, LAYOUT, CANDIDATES, Clipping.flat(1));
        NoiseMechanism mechanism = new NoiseMechanism(key);
        DeviceBuffer released = backend.allocate(ElementType.F32, LAYOUT.parameters())) {
      double[] sensitivities = sum.sensitivities();
      GaussianEvent event =
          GaussianEvent.ofGroups(sensitivities, new double[] {multiplier * sensitivities[0]});
      for (int step = 1; step <= STEPS; step++) {
        sum.reset(Clipping.flat(1));
        int[] drawn = sampler.sample(step);
        if (drawn.length > 0) {
          add(sum, Arrays.stream(drawn).map(i -> units[i]).toArray());
        }
        mechanism.release(sum, event, step, 1, released);
        float[] values = released.downloadFloats(CANDIDATES);
        for (int i = 0; i < CANDIDATES; i++) {
          scores[i] += values[i];
        }
      }
    }
    return CanaryAudit.of(scores, planted, DELTA, confidence);
  }

  /** One row a unit: x picks its coordinate of A, the gradient behind A is one, that of B zero. */
  private static void add(ClippedGradSum sum, int[] units) {
    int n = units.length;
    float[] rows = new float[n * CANDIDATES];
    float[] ones = new float[n];
    Arrays.fill(ones, 1);
    for (int i = 0; i < n; i++) {
      rows[i * CANDIDATES + units[i]] = 1;
    }
    try (PerSampleGradients gradients = new PerSampleGradients(backend, LAYOUT, n);
        DeviceBuffer start = backend.allocate(ElementType.I32, n + 1L);
        DeviceBuffer x = backend.allocate(ElementType.F32, rows.length);
        DeviceBuffer u = backend.allocate(ElementType.F32, n);
        DeviceBuffer dy = backend.allocate(ElementType.F32, n);
        DeviceBuffer du = backend.allocate(ElementType.F32, n)) {
      start.upload(IntStream.rangeClosed(0, n).toArray(), n + 1);
      x.upload(rows);
      u.upload(new float[n]);
      dy.upload(new float[n]);
      du.upload(ones);
      gradients.begin(n);
      Units rowEach = new Units(n, start, n);
      gradients.accept(
          0, new Factors.LowRank(new PairFactors(PAIR, rowEach, x, u, new Rows(dy, 1), du)));
      sum.add(gradients);
    }
    double[] exact = sum.exactSum().value().downloadDoubles(CANDIDATES);
    assertEquals(n, Arrays.stream(exact).sum(), 1e-3 * n, "each candidate adds its clip norm");
  }
}
