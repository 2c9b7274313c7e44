package dev.sotto.report;

import dev.sotto.base.AtomicFile;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * The page a run leaves beside its adapter: what was guaranteed to whom, what was assumed, with
 * which settings. Holds public values and released ones only.
 */
public final class FinetuneReport {
  private FinetuneReport() {}

  /**
   * What the report states beyond the settings.
   *
   * @param epsilon upper bound on ε; infinite for a run without privacy
   * @param delta δ
   * @param steps charged steps
   * @param accountant who computed ε; null without privacy
   * @param controller who chose clip norms, and noise if the accountant is that of a filter; null
   *     where both were fixed
   * @param noise which noise was added; null without privacy, and for Gaussian noise
   * @param privacyUnit what one unit is, for example "record"
   * @param units N, treated as public
   * @param seeded whether the noise can be recomputed by anyone
   * @param perplexityBefore on public validation data, or NaN
   * @param perplexityAfter on public validation data, or NaN
   */
  public record Facts(
      double epsilon,
      double delta,
      long steps,
      String accountant,
      String controller,
      Noise noise,
      String privacyUnit,
      long units,
      boolean seeded,
      double perplexityBefore,
      double perplexityAfter) {}

  /**
   * Noise that is not Gaussian.
   *
   * @param mechanism {@code laplace} or {@code lmo}
   * @param smallestStddev least standard deviation on a coordinate over the clip norm; infinite if
   *     the law has none
   * @param largestStddev the greatest
   * @param proven whether its size was chosen by an account that holds for vectors
   */
  public record Noise(
      String mechanism, double smallestStddev, double largestStddev, boolean proven) {}

  /** Writes the report, replacing an older one. */
  public static void write(Path file, Facts facts, Map<String, String> settings) {
    StringBuilder page = new StringBuilder("# Fine-tuning report\n\n");
    if (facts.accountant() == null) {
      page.append("**No privacy.** This adapter was trained without clipping or noise. ")
          .append("It may reproduce its training data.\n");
    } else if (facts.noise() != null && !facts.noise().proven()) {
      noGuarantee(page, facts);
    } else {
      guarantee(page, facts);
    }
    if (!Double.isNaN(facts.perplexityAfter())) {
      page.append("\n## Utility\n\n")
          .append("Perplexity on the public validation data: ")
          .append(number(facts.perplexityBefore()))
          .append(" before, ")
          .append(number(facts.perplexityAfter()))
          .append(" after.\n");
    }
    page.append("\n## Settings\n\n| setting | value |\n| --- | --- |\n");
    settings.forEach(
        (name, value) -> page.append("| ").append(name).append(" | ").append(value).append(" |\n"));
    AtomicFile.write(file, page.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void guarantee(StringBuilder page, Facts facts) {
    page.append("## Guarantee\n\n");
    if (facts.seeded()) {
      page.append("**None: this run used a fixed test seed.** Anyone can recompute its noise. ")
          .append("What follows is what a run with secret randomness would have guaranteed.\n\n");
    }
    page.append(
        String.format(
            Locale.ROOT,
            "(ε, δ) = (%s, %s) after %d steps, for adding or removing one %s.%n%n",
            upperBound(facts.epsilon()),
            Double.toString(facts.delta()),
            facts.steps(),
            facts.privacyUnit().equals("record")
                ? "record"
                : "value of " + facts.privacyUnit() + " with all its records"));
    page.append("- Accountant: ")
        .append(facts.accountant())
        .append("; `sotto account --ledger ledger.jsonl` derives ε again from the ledger alone.\n")
        .append("- Released: the adapter, every noisy gradient, the ledger, this report.\n")
        .append("- Not for publishing: `private/`, which only a resume of this run needs.\n")
        .append("- Treated as public: the number of privacy units (")
        .append(facts.units())
        .append("), every setting below, the validation data.\n")
        .append("- Not covered: choosing settings by looking at private results, and timing. ")
        .append("Whoever stops a run early because of what it released quotes the target ")
        .append("epsilon of all planned steps.\n");
    if (facts.controller() != null) {
      page.append("- Controller: ")
          .append(facts.controller())
          .append(". It saw public and released values alone, and whatever it chose, ε holds; ")
          .append("`trajectory.jsonl` has all of it.\n");
    }
    if (facts.noise() != null) {
      page.append(noise(facts.noise()))
          .append(
              "- In d coordinates the account bounds the worst direction in which one unit may ")
          .append("move a vector whose L2 norm is clipped.\n");
    }
  }

  private static void noGuarantee(StringBuilder page, Facts facts) {
    page.append("## Guarantee\n\n")
        .append("**None: what follows is not a differential privacy guarantee.** The size of the ")
        .append("noise was chosen by the account of arXiv 2405.18776 (`--accounting paper`). It ")
        .append("bounds the privacy loss of a single number, and this run released vectors. No ")
        .append("epsilon is stated, and `sotto account` refuses to derive one.\n\n")
        .append(noise(facts.noise()))
        .append("- Steps: ")
        .append(facts.steps())
        .append('\n');
  }

  private static String noise(Noise noise) {
    String smallest = number(noise.smallestStddev());
    String largest = number(noise.largestStddev());
    return "- Mechanism: "
        + noise.mechanism()
        + "; the noise on a coordinate of the clipped sum has "
        + (Double.isInfinite(noise.largestStddev())
            ? "no finite standard deviation.\n"
            : "standard deviation "
                + smallest
                + (smallest.equals(largest) ? "" : " to " + largest)
                + " times the clip norm.\n");
  }

  /** Rounded up, so that the page never states less than was spent. */
  private static String upperBound(double value) {
    return Double.isInfinite(value)
        ? "infinite"
        : new BigDecimal(value).round(new MathContext(4, RoundingMode.CEILING)).toPlainString();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
