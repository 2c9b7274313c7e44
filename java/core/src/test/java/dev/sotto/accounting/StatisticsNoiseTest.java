package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Gradient and statistics together cost what was asked, however the thresholds lie. */
class StatisticsNoiseTest {
  private static GaussianEvent event(double z, double cost, double[] sensitivities, Random random) {
    int groups = sensitivities.length;
    int[] sizes = new int[groups];
    for (int k = 0; k < groups; k++) {
      sizes[k] = 1 + random.nextInt(100_000);
    }
    StatisticsNoise noise = StatisticsNoise.of(z, groups, cost);
    NoiseAllocation[] ways = NoiseAllocation.values();
    double[] stddevs =
        ways[random.nextInt(ways.length)].stddevs(noise.gradientMultiplier(), sensitivities, sizes);
    List<GaussianEvent.Group> all = new ArrayList<>();
    for (int k = 0; k < groups; k++) {
      all.add(new GaussianEvent.Group(sensitivities[k], stddevs[k]));
    }
    all.add(new GaussianEvent.Group(Math.sqrt(groups + 1.0) / 2, noise.stddev()));
    return new GaussianEvent(all);
  }

  private static double[] sensitivities(Random random, int groups) {
    double[] result = new double[groups];
    for (int k = 0; k < groups; k++) {
      result[k] = Math.exp(4 * random.nextGaussian());
    }
    return result;
  }

  @Test
  void allGroupsTogetherHaveTheMultiplierAskedFor() {
    Random random = new Random(41);
    for (double z : new double[] {0.3, 0.8, 1.3, 40}) {
      for (double cost : new double[] {1e-6, 0.01, 0.5, 3}) {
        for (int groups : new int[] {1, 2, 12, 224}) {
          GaussianEvent event = event(z, cost, sensitivities(random, groups), random);
          assertEquals(1, event.noiseMultiplier() / z, 1e-12);
          assertEquals(groups + 1, event.groups().size());
        }
      }
    }
  }

  /** privacy.md, section 5: z_g^-2 = z^-2 - (K+1)/(2 s)^2. */
  @Test
  void isTheFormulaOfTheDesign() {
    StatisticsNoise noise = StatisticsNoise.of(1.1, 7, 0.02);
    assertEquals(1.1 * 1.02, noise.gradientMultiplier(), 1e-15);
    double s = noise.stddev();
    double left = Math.pow(1.1, -2) - 8 / (4 * s * s);
    assertEquals(Math.pow(noise.gradientMultiplier(), -2), left, 1e-12);
  }

  @Test
  void stepsOfDifferentThresholdsComposeAsOneMechanism() {
    Random random = new Random(42);
    for (double z : new double[] {1, 1.3, 0.8712345678901234}) {
      List<PrivacyEvent> steps = new ArrayList<>();
      for (int t = 0; t < 1000; t++) {
        GaussianEvent step = event(z, 0.01, sensitivities(random, 12), random);
        steps.add(new PoissonSampledEvent(0.001, step));
      }
      PrivacyEvent run = new ComposedEvent(steps);
      Map<SampledMechanism, Long> counts = MechanismCounts.of(run);
      assertEquals(1, counts.size(), "at z = " + z);
      assertEquals(1000L, counts.values().iterator().next());
      double counted = ((GaussianBase) counts.keySet().iterator().next().base()).multiplier();
      assertTrue(counted < z && counted > z * (1 - 0x1p-39), "rounded down, and hardly");
      PrivacyEvent same =
          new RepeatedEvent(new PoissonSampledEvent(0.001, GaussianEvent.ofMultiplier(z)), 1000);
      double expected = Accountant.pld().epsilonUpper(same, 1e-5);
      assertEquals(expected, Accountant.pld().epsilonUpper(run, 1e-5), 1e-6 * expected);
    }
  }

  /** What is not rounding stays apart: a multiplier smaller by 1e-9 is another mechanism. */
  @Test
  void differentMultipliersStayApart() {
    double[] one = {1, 1};
    PrivacyEvent run =
        new ComposedEvent(
            List.of(
                new PoissonSampledEvent(0.1, GaussianEvent.ofGroups(one, new double[] {2, 2})),
                new PoissonSampledEvent(
                    0.1, GaussianEvent.ofGroups(one, new double[] {2, 2 * (1 - 1e-9)}))));
    assertEquals(2, MechanismCounts.of(run).size());
  }

  @Test
  void refusesBadInput() {
    assertThrows(IllegalArgumentException.class, () -> StatisticsNoise.of(0, 1, 0.01));
    assertThrows(IllegalArgumentException.class, () -> StatisticsNoise.of(1, 0, 0.01));
    for (double bad : new double[] {0, -0.1, Double.NaN}) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> StatisticsNoise.of(1, 1, bad))
              .getMessage();
      assertTrue(message.contains("cost of the statistics"), message);
    }
  }
}
