package dev.sotto.plan;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.MembershipRisk;
import dev.sotto.ledger.LedgerHeader;

/**
 * Who answers for what a run costs, chosen once when the run is planned. Only {@link Proven} has an
 * ε to state.
 */
public sealed interface Account {
  /** A run that adds noise and charges every step to a ledger. */
  sealed interface Private extends Account {
    /** How its steps are sampled and noised. */
    NoisePlan noise();

    /** {@code pld}, {@code rdp}, {@code rdp-filter}, or {@code paper}, which proves nothing. */
    String accountantName();
  }

  /** δ; 1 without privacy. */
  double delta();

  /**
   * Upper bound on ε after {@code charged} steps, in nats; infinite where nobody vouches for one.
   */
  default double epsilonAfter(long charged) {
    return Double.POSITIVE_INFINITY;
  }

  /**
   * An accountant vouches for the target.
   *
   * @param noise what it has been asked about
   * @param accountant of the run
   * @param epsilon target ε
   * @param delta δ
   */
  record Proven(NoisePlan noise, Accountant accountant, double epsilon, double delta)
      implements Private {
    @Override
    public String accountantName() {
      return accountant.name();
    }

    /**
     * Upper bound on ε after {@code charged} steps of the planned noise, 0 before the first; the
     * target where the noise may follow releases.
     */
    @Override
    public double epsilonAfter(long charged) {
      if (noise.filterOrder().isPresent()) {
        return epsilon;
      }
      return charged == 0 ? 0 : accountant.epsilonUpper(noise.charged(charged), accountedDelta());
    }

    /** The δ that is left to the accountant once the cut tails of the noise are paid. */
    public double accountedDelta() {
      return noise.cutTails().accountedDelta(epsilon, delta);
    }

    /**
     * What the whole plan means to a person; from ε and δ alone where the noise may follow
     * releases.
     *
     * @param candidates how many an observer may pick from
     */
    public MembershipRisk risk(long candidates) {
      return noise.filterOrder().isPresent()
          ? MembershipRisk.ofGuarantee(epsilon, delta, candidates)
          : MembershipRisk.of(
              accountant, noise.charged(noise.allSteps()), noise.cutTails(), candidates);
    }

    /** The noise multiplier that Gaussian noise needs for the same target. */
    public double gaussianMultiplier() {
      return gaussianMultiplier(accountant);
    }

    /**
     * The same by another accountant.
     *
     * @throws IllegalArgumentException if it cannot meet the target
     */
    public double gaussianMultiplier(Accountant asked) {
      return Calibration.noiseMultiplier(
          asked, epsilon, accountedDelta(), noise.samplingProbability(), noise.steps());
    }
  }

  /**
   * The noise is what the account of arXiv 2405.18776 asks for, for replication. That account
   * bounds one coordinate, and a step releases many: the run has no ε.
   *
   * @param noise as claimed to be enough
   * @param claimedEpsilon what the noise is claimed to meet, which is no guarantee
   * @param delta of the claim
   */
  record PaperClaim(NoisePlan noise, double claimedEpsilon, double delta) implements Private {
    @Override
    public String accountantName() {
      return LedgerHeader.PAPER;
    }
  }

  /** No protection: nothing is clipped, noised or charged. */
  record None() implements Account {
    @Override
    public double delta() {
      return 1;
    }
  }
}
