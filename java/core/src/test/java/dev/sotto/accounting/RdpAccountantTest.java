package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RdpAccountantTest {
  private final RdpAccountant rdp = new RdpAccountant();

  /** Twelve groups at twice their clip norm are not a multiplier of 2. */
  @Test
  void groupsShareOneMultiplier() {
    double[] clips = {1, 2, 0.5, 1, 3, 1, 1, 0.1, 1, 1, 7, 1};
    double[] stddevs = Arrays.stream(clips).map(c -> 2 * c).toArray();
    GaussianEvent groups = GaussianEvent.ofGroups(clips, stddevs);
    assertEquals(2 / Math.sqrt(12), groups.noiseMultiplier(), 1e-14);
    double q = 64.0 / 80000;
    PrivacyEvent run = new PoissonSampledEvent(q, groups).repeated(3750);
    double honest = Double.POSITIVE_INFINITY;
    for (int order = 2; order < 20; order++) {
      honest = Math.min(honest, RdpAccountant.toEpsilon(rdp.rdp(run, order), order, 1e-5));
    }
    assertEquals(3.2, honest, 0.05);
    // Fractional orders improve a little on the integer ones.
    assertEquals(2.977, rdp.epsilonUpper(run, 1e-5), 0.005);
    double naive = rdp.epsilonUpper(Calibration.run(2, q, 3750), 1e-5);
    assertEquals(0.14, naive, 0.005);
  }

  @Test
  void closedFormsAreExact() {
    for (double order : new double[] {1.001, 1.5, 2, 7.25, 300}) {
      assertEquals(order / 8, rdp.rdp(GaussianEvent.ofMultiplier(2), order), 1e-13 * order);
      double full = rdp.rdp(new PoissonSampledEvent(1, GaussianEvent.ofMultiplier(2)), order);
      assertEquals(order / 8, full, 1e-13 * order);
      // Mironov 2017, written out plainly.
      double d = 0.7;
      double plain =
          Math.log(
                  order / (2 * order - 1) * Math.exp((order - 1) * d)
                      + (order - 1) / (2 * order - 1) * Math.exp(-order * d))
              / (order - 1);
      assertEquals(plain, rdp.rdp(new LaplaceEvent(0.7, 1), order), 1e-10 * plain);
    }
  }

  @Test
  void fractionalOrdersJoinTheIntegerOnes() {
    Random random = new Random(11);
    for (int i = 0; i < 300; i++) {
      double q = Math.exp(-8 * random.nextDouble());
      double z = 0.4 + 4 * random.nextDouble();
      int order = 2 + random.nextInt(30);
      PrivacyEvent event = Calibration.run(z, q, 1);
      double at = rdp.rdp(event, order);
      assertEquals(at, rdp.rdp(event, order + 1e-9), 1e-6 * at);
      double fraction = order + random.nextDouble();
      double series = RenyiSeries.divergence(q, z, fraction, true);
      // Where A is close to 1 the series itself loses digits.
      assertEquals(series, rdp.rdp(event, fraction), 1e-8 * series + 1e-12);
    }
  }

  /** A - 1 = q^2 (exp(1/z^2) - 1) at order 2, however small. */
  @Test
  void tinyDivergencesKeepTheirPrecision() {
    for (double q : new double[] {1e-3, 1e-6, 1e-9}) {
      double expected = Math.log1p(q * q * Math.expm1(0.01));
      assertEquals(expected, rdp.rdp(Calibration.run(10, q, 1), 2), 1e-10 * expected);
      double between = rdp.rdp(Calibration.run(10, q, 1), 2.0000001);
      assertEquals(expected, between, 1e-6 * expected);
    }
  }

  @Test
  void sampledLaplaceFollowsTheBinomialFormula() {
    double q = 0.1;
    LaplaceEvent laplace = new LaplaceEvent(1, 0.8);
    double sum = Math.pow(1 - q, 3) + 3 * q * Math.pow(1 - q, 2);
    sum += 3 * (1 - q) * q * q * Math.exp(rdp.rdp(laplace, 2));
    sum += q * q * q * Math.exp(2 * rdp.rdp(laplace, 3));
    double ours = rdp.rdp(new PoissonSampledEvent(q, laplace), 3);
    assertEquals(Math.log(sum) / 2, ours, 1e-12);
    double chord = rdp.rdp(new PoissonSampledEvent(q, laplace), 2.5) * 1.5;
    double left = rdp.rdp(new PoissonSampledEvent(q, laplace), 2);
    assertEquals((left + ours * 2) / 2, chord, 1e-12);
  }

  @Test
  void compositionAdds() {
    PrivacyEvent a = Calibration.run(1.1, 0.01, 40);
    PrivacyEvent b = new LaplaceEvent(1, 30).repeated(3);
    PrivacyEvent c = GaussianEvent.ofMultiplier(20);
    double whole = rdp.rdp(ComposedEvent.of(a, b, c), 6.5);
    assertEquals(rdp.rdp(a, 6.5) + rdp.rdp(b, 6.5) + rdp.rdp(c, 6.5), whole, 1e-12 * whole);
    // Unsampled Gaussians merge exactly.
    assertEquals(
        rdp.rdp(GaussianEvent.ofMultiplier(3), 5),
        rdp.rdp(GaussianEvent.ofMultiplier(3 * Math.sqrt(7)).repeated(7), 5),
        1e-14);
  }

  /** At small epsilon the best order is far beyond any usual table. */
  @Test
  void orderIsNotCapped() {
    PrivacyEvent event = Calibration.run(36.4, 0.01, 10_000);
    assertTrue(rdp.bestOrder(event, 1e-6) > 128);
    PrivacyEvent quiet = Calibration.run(1e6, 1e-3, 1000);
    assertTrue(rdp.epsilonUpper(quiet, 1e-10) < 1e-7);
  }

  @Test
  void monotoneInEveryParameter() {
    Random random = new Random(5);
    for (int i = 0; i < 2000; i++) {
      double q = Math.exp(-9 * random.nextDouble());
      double z = 0.5 + Math.exp(3 * random.nextDouble() - 1);
      long steps = 1 + (long) Math.exp(9 * random.nextDouble());
      double delta = Math.exp(-3 - 20 * random.nextDouble());
      double grow = 1 + random.nextDouble();
      double base = rdp.epsilonUpper(Calibration.run(z, q, steps), delta);
      // The order is searched, not solved for: neighbouring searches may differ by a hair.
      double most = base * (1 + 1e-4) + 1e-12;
      String where = "q " + q + " z " + z + " steps " + steps + " delta " + delta;
      assertTrue(rdp.epsilonUpper(Calibration.run(z * grow, q, steps), delta) <= most, where);
      assertTrue(rdp.epsilonUpper(Calibration.run(z, q / grow, steps), delta) <= most, where);
      long fewer = Math.max(1, (long) (steps / grow));
      assertTrue(rdp.epsilonUpper(Calibration.run(z, q, fewer), delta) <= most, where);
      double larger = Math.min(0.5, delta * grow);
      assertTrue(rdp.epsilonUpper(Calibration.run(z, q, steps), larger) <= most, where);
    }
  }
}
