package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class CutTailsTest {
  private static final GaussianEvent RELEASE = GaussianEvent.ofMultiplier(0.8);

  @Test
  void chargesEveryDrawOfTheRun() {
    CutTails tails = CutTails.of(RELEASE, 1_000_000, 10_000);
    assertEquals(1e10 * 0x1p-65, tails.variation(), 1e-20);
    assertEquals(
        1e-5 - (1 + Math.exp(8)) * tails.variation(), tails.accountedDelta(8, 1e-5), 1e-20);
    // Laplace noise is drawn by inversion, whose smallest probability is 2^-64.
    assertEquals(
        2 * tails.variation(),
        CutTails.of(new LaplaceEvent(1, 1), 1_000_000, 10_000).variation(),
        1e-20);
  }

  @Test
  void refusesDeltaBelowTheFloor() {
    CutTails tails = CutTails.of(RELEASE, 1_000_000, 10_000);
    double floor = (1 + Math.exp(3)) * tails.variation();
    assertTrue(tails.accountedDelta(3, 1.01 * floor) > 0);
    String message =
        assertThrows(IllegalArgumentException.class, () -> tails.accountedDelta(3, 0.99 * floor))
            .getMessage();
    assertTrue(message.contains("cut tails") && message.contains("larger delta"), message);
    Matcher advice = Pattern.compile("an epsilon of at most ([0-9.]+),").matcher(message);
    assertTrue(advice.find(), message);
    assertTrue(tails.accountedDelta(Double.parseDouble(advice.group(1)), 0.99 * floor) > 0);
  }

  /** The figure holds for the promise it implies, and is the plain one where nothing is cut. */
  @Test
  void epsilonPaysForItsOwnTails() {
    PrivacyEvent run = new PoissonSampledEvent(0.01, RELEASE).repeated(1000);
    for (Accountant accountant : new Accountant[] {Accountant.pld(), Accountant.rdp()}) {
      EpsilonBound plain = accountant.epsilon(run, 1e-6);
      assertEquals(plain.upper(), new CutTails(0).epsilon(accountant, run, 1e-6).upper());
      CutTails tails = new CutTails(1e-9);
      double epsilon = tails.epsilon(accountant, run, 1e-6).upper();
      assertTrue(epsilon > plain.upper());
      double left = tails.accountedDelta(epsilon, 1e-6);
      assertTrue(accountant.epsilonUpper(run, left) <= epsilon);
      assertEquals(epsilon, accountant.epsilonUpper(run, left), 1e-4);
      assertEquals(Double.POSITIVE_INFINITY, tails.epsilon(accountant, run, 2e-9).upper());
    }
  }
}
