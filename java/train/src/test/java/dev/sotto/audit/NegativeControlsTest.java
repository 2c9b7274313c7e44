package dev.sotto.audit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PaperAccount;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.accounting.RepeatedEvent;
import dev.sotto.clip.BatchStatistics;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.PoissonSampler;
import dev.sotto.mechanism.StepStatistics;
import dev.sotto.noise.LmoNoise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * An audit that has never caught anything shows nothing. Each test here runs the real clip, sum and
 * noise once as they are and once with one classical mistake, under the same claim and the same
 * attack: the honest runs must not be refuted (false-alarm rate 1e-6 a test), the mistake must be.
 */
class NegativeControlsTest {
  private static final int RUNS = 4000;
  private static final double Z = 1.5;
  private static final int WIDTH = 8;

  /** The unit in question, of the clip norm, along the first axis. */
  private static final float[] UNIT = axis(0, 1);

  /** Someone else, who is always there. */
  private static final float[] NEIGHBOUR = axis(1, 1);

  static Backend backend;

  @BeforeAll
  static void open() {
    backend = Backends.open("cpu", 1);
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  private static float[] axis(int coordinate, float length) {
    float[] gradient = new float[WIDTH];
    gradient[coordinate] = length;
    return gradient;
  }

  /** The score of one run; the number tells runs apart. */
  private interface Attack {
    double score(boolean present, int run);
  }

  private static boolean refuted(Attack attack, int runs, DoubleUnaryOperator claim) {
    double[] with = IntStream.range(0, runs).mapToDouble(r -> attack.score(true, r)).toArray();
    double[] without = IntStream.range(0, runs).mapToDouble(r -> attack.score(false, r)).toArray();
    return PairAudit.refutes(with, without, claim);
  }

  private static AuditedRelease flat(double clipNorm, long seed) {
    return new AuditedRelease(backend, 1, WIDTH, 3, Clipping.flat(clipNorm), seed);
  }

  private static GaussianEvent noise(AuditedRelease release, double stddev) {
    return GaussianEvent.ofGroups(release.sum().sensitivities(), new double[] {stddev});
  }

  /** One release of the batch that {@code batches} makes with or without the unit. */
  private static boolean oneRelease(
      AuditedRelease release, double stddev, BiFunction<Boolean, Integer, float[][]> batches) {
    return oneRelease(release, stddev, out -> out[0], batches);
  }

  private interface Direction {
    double of(float[] released);
  }

  private static boolean oneRelease(
      AuditedRelease release,
      double stddev,
      Direction direction,
      BiFunction<Boolean, Integer, float[][]> batches) {
    PrivacyEvent event = noise(release, stddev);
    return refuted(
        (present, run) -> direction.of(release.release(event, batches.apply(present, run))),
        RUNS,
        PairAudit.claimOf(GaussianEvent.ofMultiplier(Z)));
  }

  private static float[][] honest(boolean present, int run) {
    return present ? new float[][] {NEIGHBOUR, UNIT} : new float[][] {NEIGHBOUR};
  }

  @Test
  void noiseHalved() {
    try (AuditedRelease release = flat(1, 1)) {
      double stddev = Z * release.sum().sensitivity(0);
      assertFalse(oneRelease(release, stddev, NegativeControlsTest::honest));
      assertTrue(oneRelease(release, stddev / 2, NegativeControlsTest::honest));
    }
  }

  @Test
  void clipDoubled() {
    float[] large = axis(0, 100);
    BiFunction<Boolean, Integer, float[][]> batches =
        (present, run) -> present ? new float[][] {NEIGHBOUR, large} : new float[][] {NEIGHBOUR};
    try (AuditedRelease release = flat(1, 2);
        AuditedRelease doubled = flat(2, 3)) {
      double stddev = Z * release.sum().sensitivity(0);
      assertFalse(oneRelease(release, stddev, batches));
      // The mechanism itself refuses an event that states the sensitivity of half the clip norm.
      PrivacyEvent understated = noise(release, stddev);
      assertThrows(IllegalArgumentException.class, () -> doubled.release(understated, large));
      assertTrue(oneRelease(doubled, stddev, batches));
    }
  }

  @Test
  void oneUnitCountedTwice() {
    try (AuditedRelease release = flat(1, 4)) {
      double stddev = Z * release.sum().sensitivity(0);
      assertFalse(oneRelease(release, stddev, NegativeControlsTest::honest));
      assertTrue(
          oneRelease(
              release,
              stddev,
              (present, run) ->
                  present ? new float[][] {NEIGHBOUR, UNIT, UNIT} : new float[][] {NEIGHBOUR}));
    }
  }

  /** The neighbour's gradient turns round where the unit is in the batch. */
  @Test
  void rowThatDependsOnItsNeighbour() {
    try (AuditedRelease release = flat(1, 5)) {
      double stddev = Z * release.sum().sensitivity(0);
      Direction seen = out -> out[0] - 2 * out[1];
      assertFalse(oneRelease(release, stddev, seen, NegativeControlsTest::honest));
      assertTrue(
          oneRelease(
              release,
              stddev,
              seen,
              (present, run) ->
                  present ? new float[][] {axis(1, -1), UNIT} : new float[][] {NEIGHBOUR}));
    }
  }

  /**
   * An epoch of ten batches. Shuffling puts the unit into exactly one of them; Poisson sampling
   * leaves it out of all with probability 0.35, and that is what the account rests on.
   */
  @Test
  void shuffledBatchesAccountedAsPoisson() {
    int steps = 10;
    double q = 0.1;
    double z = 0.3;
    PrivacyEvent run =
        new RepeatedEvent(new PoissonSampledEvent(q, GaussianEvent.ofMultiplier(z)), steps);
    DoubleUnaryOperator claim = PairAudit.claimOf(run);
    Random random = new Random(6);
    try (AuditedRelease release = flat(1, 7)) {
      PrivacyEvent event = noise(release, z * release.sum().sensitivity(0));
      Attack poisson =
          (present, number) -> {
            PoissonSampler sampler =
                new PoissonSampler(NoiseKey.seededForTests(100 + number).sampling(), q, 1);
            return epoch(release, event, steps, step -> present && sampler.sample(step).length > 0);
          };
      Attack shuffled =
          (present, number) -> {
            int at = random.nextInt(steps);
            return epoch(release, event, steps, step -> present && step == at);
          };
      assertFalse(refuted(poisson, RUNS, claim));
      assertTrue(refuted(shuffled, RUNS, claim));
    }
  }

  private interface Membership {
    boolean inBatch(int step);
  }

  /** The likelihood that some step had the unit, up to constants. */
  private static double epoch(
      AuditedRelease release, PrivacyEvent event, int steps, Membership membership) {
    double variance = Math.pow(((GaussianEvent) event).groups().get(0).stddev(), 2);
    double likelihood = 0;
    for (int step = 0; step < steps; step++) {
      float[][] batch = membership.inBatch(step) ? new float[][] {UNIT} : new float[][] {};
      likelihood += Math.exp(release.release(event, batch)[0] / variance);
    }
    return likelihood;
  }

  /** Noise σ·C_k on each of K groups was claimed as multiplier σ; it is σ/√K. */
  @Test
  void noiseOfEachGroupAccountedAlone() {
    int groups = 12;
    Clipping clipping = Clipping.perPair(1, groups);
    try (AuditedRelease release = new AuditedRelease(backend, groups, WIDTH, 3, clipping, 8)) {
      double[] sensitivities = release.sum().sensitivities();
      double[] alone = Arrays.stream(sensitivities).map(s -> Z * s).toArray();
      double[] shared = Arrays.stream(alone).map(s -> s * Math.sqrt(groups)).toArray();
      DoubleUnaryOperator claim = PairAudit.claimOf(GaussianEvent.ofMultiplier(Z));
      assertFalse(refuted(groupsAttack(release, sensitivities, shared), RUNS, claim));
      assertTrue(refuted(groupsAttack(release, sensitivities, alone), RUNS, claim));
    }
  }

  private static Attack groupsAttack(AuditedRelease release, double[] sensitivities, double[] s) {
    GaussianEvent event = GaussianEvent.ofGroups(sensitivities, s);
    return (present, run) -> {
      float[] out = release.release(event, honest(present, run));
      return IntStream.range(0, s.length).mapToDouble(k -> out[k * WIDTH]).sum();
    };
  }

  /** An indicator in {0, 1} moves its sum twice as far as one in {-½, ½}. */
  @Test
  void statisticsNotCentred() {
    int groups = 3;
    double bound = 4;
    Clipping clipping = Clipping.perPair(1, groups);
    try (AuditedRelease release = new AuditedRelease(backend, groups, WIDTH, 3, clipping, 9)) {
      List<GaussianEvent.Group> all = new ArrayList<>();
      for (double sensitivity : release.sum().sensitivities()) {
        all.add(new GaussianEvent.Group(sensitivity, 1e4));
      }
      double sensitivity = BatchStatistics.sensitivity(groups);
      all.add(new GaussianEvent.Group(sensitivity, Z * sensitivity));
      GaussianEvent event = new GaussianEvent(all);
      // A clipped unit of the largest loss adds one half to every centred sum; where sums are not
      // centred it adds one, as two such units do here.
      float[] clipped = axis(0, 100);
      float[][] none = {};
      DoubleUnaryOperator claim = PairAudit.claimOf(GaussianEvent.ofMultiplier(Z));
      assertFalse(
          refuted(
              (present, run) ->
                  total(
                      release.statistics(
                          event, bound, bound, present ? new float[][] {clipped} : none)),
              RUNS,
              claim));
      assertTrue(
          refuted(
              (present, run) ->
                  total(
                      release.statistics(
                          event, bound, bound, present ? new float[][] {clipped, clipped} : none)),
              RUNS,
              claim));
    }
  }

  private static double total(StepStatistics statistics) {
    return Arrays.stream(statistics.clipFractions()).sum() + statistics.loss() / 4;
  }

  /**
   * The paper's account bounds one coordinate. A gradient that is spread over a hundred of them
   * moves each a little and all together far more than the claim allows; the sound account of the
   * same releases holds.
   */
  @Test
  void paperAccountInManyCoordinates() {
    int dimension = 100;
    double delta = 1e-5;
    float[] spread = new float[dimension];
    Arrays.fill(spread, (float) (1 / Math.sqrt(dimension)));
    try (AuditedRelease release =
        new AuditedRelease(backend, 1, dimension, 3, Clipping.flat(1), 10)) {
      double sensitivity = release.sum().sensitivity(0);
      LmoNoise law = LmoNoise.laplace(1);
      double factor = new PaperAccount(law, sensitivity).calibratedScale(2, delta, 1, 1);
      PaperAccount paper = new PaperAccount(law.scaled(factor), sensitivity);
      double claimed = paper.claimedEpsilon(1, 1, delta).epsilon();
      LmoEvent event = LmoEvent.vector(paper.law(), sensitivity, release.sum().size(0));
      Attack attack =
          (present, run) -> {
            float[] out = release.release(event, present ? new float[][] {spread} : new float[0][]);
            double likelihood = 0;
            for (float value : out) {
              likelihood += Math.abs(value) - Math.abs(value - spread[0]);
            }
            return likelihood;
          };
      assertFalse(refuted(attack, RUNS, PairAudit.claimOf(event)));
      assertTrue(refuted(attack, RUNS, anyDelta -> claimed));
    }
  }

  /** The attack is blind to nothing: with no noise to speak of every claim falls. */
  @Test
  void theAttackSeesWhatIsThere() {
    try (AuditedRelease release = flat(1, 11)) {
      assertTrue(oneRelease(release, 1e-3, NegativeControlsTest::honest));
      assertFalse(oneRelease(release, 1e-3, (present, run) -> honest(true, run)));
    }
    assertFalse(
        PairAudit.refutes(new double[200], new double[200], delta -> 0),
        "equal scores tell nothing");
  }
}
