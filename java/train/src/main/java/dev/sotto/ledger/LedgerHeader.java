package dev.sotto.ledger;

/**
 * The first line of a ledger: what was promised before the first draw. All of it is public.
 *
 * @param neighbouringRelation what one step of the definition of privacy is, always {@code
 *     ADD_OR_REMOVE_ONE}
 * @param privacyUnit what is added or removed: {@code record}, or the column whose values are the
 *     units
 * @param units N, treated as public
 * @param targetEpsilon ε that the whole run may cost
 * @param delta δ
 * @param samplingProbability q of every step, at most
 * @param noiseMultiplier z of every step, at least
 * @param steps T, the most that may be charged
 * @param accountant who found z
 * @param seeded whether sampling and noise came from a fixed test seed, in which case there is no
 *     guarantee at all
 */
public record LedgerHeader(
    String neighbouringRelation,
    String privacyUnit,
    long units,
    double targetEpsilon,
    double delta,
    double samplingProbability,
    double noiseMultiplier,
    long steps,
    String accountant,
    boolean seeded) {}
