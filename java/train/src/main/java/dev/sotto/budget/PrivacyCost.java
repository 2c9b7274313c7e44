package dev.sotto.budget;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.sotto.base.Figures;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What something costs in the measures of a book's rule: {@code epsilon} and {@code delta}, or
 * {@code divergence}, or {@code steps}.
 *
 * <p>Amounts are decimals as they stand in the file, and are added exactly: three runs of 0.1 fill
 * a budget of 0.3, and no rounding ever makes room.
 *
 * @param amounts by measure; none is negative
 */
public record PrivacyCost(@JsonValue Map<String, BigDecimal> amounts) {
  /**
   * A double has no more digits, or fewer, than this; a file that claims so was not written here.
   */
  private static final int MOST_DIGITS = 400;

  private static final BigDecimal SMALL = new BigDecimal("0.001");
  private static final MathContext SHORT = new MathContext(6, RoundingMode.HALF_EVEN);

  /** Checks the amounts, and writes equal ones alike. */
  @JsonCreator
  public PrivacyCost {
    Map<String, BigDecimal> plain = new LinkedHashMap<>();
    amounts.forEach((measure, amount) -> plain.put(measure, plain(measure, amount)));
    amounts = Collections.unmodifiableMap(plain);
  }

  private static BigDecimal plain(String measure, BigDecimal amount) {
    if (amount == null
        || amount.signum() < 0
        || Math.abs(amount.scale()) > MOST_DIGITS
        || amount.precision() > MOST_DIGITS) {
      throw new IllegalArgumentException("no amount of " + measure + " is like that");
    }
    BigDecimal shortest = amount.stripTrailingZeros();
    return shortest.scale() < 0 ? shortest.setScale(0) : shortest;
  }

  static PrivacyCost of(String measure, BigDecimal amount) {
    return new PrivacyCost(Map.of(measure, amount));
  }

  static PrivacyCost ofEpsilonDelta(double epsilon, double delta) {
    Map<String, BigDecimal> amounts = new LinkedHashMap<>();
    amounts.put("epsilon", BigDecimal.valueOf(epsilon));
    amounts.put("delta", BigDecimal.valueOf(delta));
    return new PrivacyCost(amounts);
  }

  /** Nothing, in the same measures. */
  PrivacyCost nothing() {
    Map<String, BigDecimal> zeros = new LinkedHashMap<>();
    amounts.keySet().forEach(measure -> zeros.put(measure, BigDecimal.ZERO));
    return new PrivacyCost(zeros);
  }

  PrivacyCost plus(PrivacyCost other) {
    requireSameMeasures(other);
    Map<String, BigDecimal> sums = new LinkedHashMap<>();
    amounts.forEach((measure, a) -> sums.put(measure, a.add(other.amounts.get(measure))));
    return new PrivacyCost(sums);
  }

  /** What is left of this after {@code other}; nothing where that is more. */
  PrivacyCost minus(PrivacyCost other) {
    requireSameMeasures(other);
    Map<String, BigDecimal> rest = new LinkedHashMap<>();
    amounts.forEach(
        (measure, a) ->
            rest.put(measure, a.subtract(other.amounts.get(measure)).max(BigDecimal.ZERO)));
    return new PrivacyCost(rest);
  }

  /** The smaller amount in every measure. */
  PrivacyCost atMost(PrivacyCost limit) {
    requireSameMeasures(limit);
    Map<String, BigDecimal> least = new LinkedHashMap<>();
    amounts.forEach((measure, a) -> least.put(measure, a.min(limit.amounts.get(measure))));
    return new PrivacyCost(least);
  }

  /** Whether this is at most {@code limit} in every measure. */
  boolean within(PrivacyCost limit) {
    requireSameMeasures(limit);
    return amounts.entrySet().stream()
        .allMatch(e -> e.getValue().compareTo(limit.amounts.get(e.getKey())) <= 0);
  }

  void requireSameMeasures(PrivacyCost other) {
    if (!amounts.keySet().equals(other.amounts.keySet())) {
      throw new IllegalArgumentException(
          "a cost in " + other.amounts.keySet() + " where " + amounts.keySet() + " belongs");
    }
  }

  /** For people: {@code epsilon 4, delta 1e-5}, or {@code 1 step}. */
  public String words() {
    return amounts.entrySet().stream()
        .map(e -> words(e.getKey(), e.getValue()))
        .collect(Collectors.joining(", "));
  }

  /** What of a budget there is still: {@code 30 steps are left}. */
  String wordsOfRest() {
    String words = words();
    return words + (words.endsWith("steps") ? " are left" : " is left");
  }

  private static String words(String measure, BigDecimal amount) {
    return measure.equals(StepsRule.NAME)
        ? Figures.count(amount.doubleValue(), "step")
        : measure + " " + number(amount);
  }

  private static String number(BigDecimal amount) {
    BigDecimal rounded = amount.round(SHORT).stripTrailingZeros();
    return rounded.signum() != 0 && rounded.compareTo(SMALL) < 0
        ? String.format(Locale.ROOT, "%.5e", rounded).replaceFirst("\\.?0*e([+-])0?", "e$1")
        : rounded.toPlainString();
  }
}
