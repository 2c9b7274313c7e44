package dev.sotto.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PrivacyFilter;
import dev.sotto.accounting.RdpAccountant;
import dev.sotto.base.InputException;
import dev.sotto.budget.BudgetFixture.Promise;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.NoiseLaw;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each rule lets into a book. */
class BudgetRulesTest {
  private final Promise promise = new Promise();

  @ParameterizedTest
  @ValueSource(strings = {SumRule.NAME, RenyiRule.NAME, StepsRule.NAME})
  void tenRunsThatFillTheTotalFitAndAnEleventhDoesNot(String rule) {
    BudgetTerms terms = BudgetFixture.termsFor(rule);
    BookContents book = contents(terms, 9, terms.rule().promised(promise.header()));
    PrivacyCost tenth = book.requireRoom(promise.header());
    BookContents full = contents(terms, 10, tenth);
    InputException e = assertThrows(InputException.class, () -> full.requireRoom(promise.header()));
    assertTrue(e.getMessage().contains("only " + full.left().words()), e.getMessage());
    assertTrue(e.getMessage().contains("give "), e.getMessage());
  }

  @Test
  void decimalsAddUpExactly() {
    BudgetTerms terms = BudgetFixture.terms(0.3, 3e-7, new SumRule());
    promise.epsilon = 0.1;
    promise.delta = 1e-7;
    PrivacyCost each = terms.rule().promised(promise.header());
    contents(terms, 2, each).requireRoom(promise.header());
    promise.delta = Math.nextUp(1e-7);
    assertThrows(
        InputException.class, () -> contents(terms, 2, each).requireRoom(promise.header()));
    promise.delta = 1e-7;
    promise.epsilon = Math.nextUp(0.1);
    assertThrows(
        InputException.class, () -> contents(terms, 2, each).requireRoom(promise.header()));
  }

  /** Each of epsilon and delta by itself can be what is used up. */
  @Test
  void deltaIsATotalOfItsOwn() {
    BudgetTerms terms = BudgetFixture.terms(100, 1e-6, new SumRule());
    PrivacyCost first = terms.rule().promised(promise.header());
    assertThrows(
        InputException.class, () -> contents(terms, 1, first).requireRoom(promise.header()));
  }

  @Test
  void theRenyiTotalIsTheFiltersBudget() {
    BudgetTerms terms = BudgetFixture.terms(2, 1e-6, BudgetFixture.RENYI);
    PrivacyFilter filter = new PrivacyFilter(2, 1e-6, 8);
    promise.steps = 1;
    BigDecimal each = only(terms.rule().promised(promise.header()));
    BigDecimal total = only(terms.total());
    int fits = total.divideToIntegralValue(each).intValueExact();
    int admitted = 0;
    while (filter.tryReserve(promise.event())) {
      admitted++;
    }
    // The book rounds each promise up by 1e-9 of it.
    assertTrue(fits <= admitted && fits >= admitted - 1, fits + " of " + admitted);
    assertTrue(fits > 100);
  }

  @Test
  void underRenyiARunWithAFilterOfItsOwnPromisesThatFiltersBudget() {
    promise.steps = 1000;
    promise.epsilon = 2;
    double whole = only(BudgetFixture.RENYI.promised(promise.header())).doubleValue();
    promise.control = new LedgerHeader.Control("rldp", null, null, 12.0);
    double own = new PrivacyFilter(2, BudgetFixture.DELTA, 12).budget();
    promise.z = 0.5;
    double bounded = only(BudgetFixture.RENYI.promised(promise.header())).doubleValue();
    assertEquals(own, bounded, 1e-8 * own);
    // At orders above the filter's own it says nothing, and the least noise counts at every step.
    promise.control = new LedgerHeader.Control("rldp", null, null, 5.0);
    double unbounded = only(BudgetFixture.RENYI.promised(promise.header())).doubleValue();
    double least = new RdpAccountant().rdp(Calibration.run(0.5, BudgetFixture.Q, 1000), 8);
    assertEquals(least, unbounded, 1e-8 * least);
    assertTrue(unbounded > whole);
  }

  @Test
  void underStepsLessSamplingAndMoreNoiseAreWelcome() {
    promise.q = 0.004;
    promise.z = 3;
    assertEquals(10, only(BudgetFixture.STEPS.promised(promise.header())).intValueExact());
  }

  @Test
  void underStepsMoreSamplingIsRefused() {
    promise.q = Math.nextUp(BudgetFixture.Q);
    refused(BudgetFixture.STEPS, "above the book's 0.01", "--batch-size");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pld", "rdp"})
  void underStepsLessNoiseIsRefusedWithTheEpsilonThatHasEnough(String accountant) {
    promise.z = Math.nextDown(BudgetFixture.Z);
    promise.accountant = accountant;
    promise.steps = 60;
    String message = refused(BudgetFixture.STEPS, "below the book's 1.1", "for 60 steps");
    double advised = Double.parseDouble(message.replaceAll(".*--epsilon ([0-9.]+) .*", "$1"));
    double z =
        Calibration.noiseMultiplier(
            Accountant.named(accountant), advised, promise.delta, promise.q, 60);
    assertTrue(z >= BudgetFixture.Z, z + " at epsilon " + advised);
    assertTrue(z < BudgetFixture.Z * 1.01, z + " at epsilon " + advised);
  }

  @Test
  void aFirstStageCountsWithItsOwnSamplingAndNoise() {
    double alone = only(BudgetFixture.RENYI.promised(promise.header())).doubleValue();
    promise.first = stage(BudgetFixture.Q, 2, 5);
    assertEquals(15, only(BudgetFixture.STEPS.promised(promise.header())).intValueExact());
    double both = only(BudgetFixture.RENYI.promised(promise.header())).doubleValue();
    double stage = new RdpAccountant().rdp(Calibration.run(2, BudgetFixture.Q, 5), 8);
    assertEquals(alone + stage, both, 1e-8 * both);
    promise.first = stage(0.25, 2, 5);
    refused(BudgetFixture.STEPS, "above the book's 0.01", "--head-sampling-rate");
    promise.first = stage(BudgetFixture.Q, 1, 5);
    refused(BudgetFixture.STEPS, "below the book's 1.1", "a smaller --head-first");
  }

  private static LedgerHeader.Stage stage(double q, double z, long steps) {
    return new LedgerHeader.Stage(
        q,
        steps,
        new LedgerHeader.Noise(NoiseLaw.Kind.GAUSSIAN, z, GaussianEvent.ofMultiplier(z), 4));
  }

  @Test
  void underStepsOtherNoiseIsRefused() {
    LmoEvent release = LmoEvent.vector(LmoNoise.laplace(1), 1, 10);
    Promise p = promise;
    LedgerHeader header =
        new LedgerHeader(
            new LedgerHeader.Neighbours(p.relation, p.unit, 1000),
            new LedgerHeader.Target(1, p.delta, "rdp"),
            new LedgerHeader.Sampling(p.q, 10),
            new LedgerHeader.Noise(NoiseLaw.Kind.LAPLACE, 2, release, 10),
            null,
            false,
            p.header().inputs());
    InputException e =
        assertThrows(InputException.class, () -> BudgetFixture.STEPS.promised(header));
    assertTrue(e.getMessage().contains("laplace"), e.getMessage());
    assertTrue(only(BudgetFixture.RENYI.promised(header)).signum() > 0);
  }

  @Test
  void theLeastNoiseOfABookUnderStepsMeetsItsBudget() {
    StepsRule rule = StepsRule.least(1, 1e-5, 0.01, 500);
    assertTrue(rule.meets(1, 1e-5));
    assertFalse(new StepsRule(0.01, rule.noiseMultiplier() * 0.999, 500).meets(1, 1e-5));
    // A single run for the whole budget plans the same noise, and fits.
    promise.z = Calibration.noiseMultiplier(Accountant.pld(), 1, 1e-5, 0.01, 500);
    promise.steps = 500;
    contents(BudgetFixture.terms(1, 1e-5, rule), 0, null).requireRoom(promise.header());
  }

  @Test
  void whatHasNoGuaranteeOrAnotherUnitIsRefusedUnderEveryRule() {
    for (String rule : new String[] {SumRule.NAME, RenyiRule.NAME, StepsRule.NAME}) {
      BookContents book = contents(BudgetFixture.termsFor(rule), 0, null);
      Promise seeded = new Promise();
      seeded.seeded = true;
      refused(book, seeded, "--insecure-test-seed");
      Promise paper = new Promise();
      paper.accountant = LedgerHeader.PAPER;
      refused(book, paper, LedgerHeader.NO_GUARANTEE);
      Promise unit = new Promise();
      unit.unit = "patient";
      refused(book, unit, "'record'", "'patient'");
      Promise relation = new Promise();
      relation.relation = "REPLACE_ONE";
      refused(book, relation, "ADD_OR_REMOVE_ONE");
    }
  }

  private static void refused(BookContents book, Promise promise, String... words) {
    InputException e = assertThrows(InputException.class, () -> book.requireRoom(promise.header()));
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), e.getMessage());
    }
  }

  private String refused(BudgetRule rule, String... words) {
    InputException e = assertThrows(InputException.class, () -> rule.promised(promise.header()));
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), e.getMessage());
    }
    return e.getMessage();
  }

  private static BigDecimal only(PrivacyCost cost) {
    assertEquals(1, cost.amounts().size());
    return cost.amounts().values().iterator().next();
  }

  private static BookContents contents(BudgetTerms terms, int runs, PrivacyCost each) {
    Map<String, BookEntry> entries = new LinkedHashMap<>();
    for (int i = 0; i < runs; i++) {
      entries.put("run" + i, new BookEntry("run" + i, "nonce", 1, each, null));
    }
    return new BookContents(terms, entries);
  }
}
