package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.NoiseLaw;
import dev.sotto.search.NoiseCandidate;
import dev.sotto.search.NoiseObjective;
import dev.sotto.search.NoiseSearchResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Noise laws in words and columns. */
final class NoiseTable {
  private static final String ROW = "%-10s %9s %11s %13s %12s %11s %12s%n";

  private NoiseTable() {}

  /** The candidates of a search, one a line, with the laws below. */
  static String of(NoiseSearchResult result) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            ROW,
            "noise",
            "epsilon",
            "variance",
            "mean |noise|",
            "P(<=" + Figures.number(result.query().gamma()) + ")",
            "Fisher inf.",
            "vs Gaussian"));
    for (NoiseCandidate candidate : result.candidates()) {
      text.append(
          String.format(
              ROW,
              title(candidate.kind()),
              Figures.bound(candidate.epsilon()),
              Figures.number(candidate.coordinate().variance()),
              Figures.number(candidate.coordinate().meanAbsolute()),
              Figures.number(candidate.coordinate().usefulness()),
              Figures.number(candidate.coordinate().fisherInformation()),
              Figures.number(result.ratioToGaussian(candidate))));
    }
    return text.append("\nLMO law        ").append(words(mixture(result.lmo()))).toString();
  }

  /** The inverse scale of a law as a sum. */
  static String words(LmoNoise law) {
    List<String> terms = new ArrayList<>();
    LmoNoise.Gamma gamma = law.gamma();
    if (gamma.weight() > 0) {
      terms.add(term("Gamma", gamma.weight(), gamma.shape(), gamma.scale()));
    }
    if (law.exponential().weight() > 0) {
      terms.add(term("Exponential", law.exponential().weight(), law.exponential().rate()));
    }
    LmoNoise.Uniform uniform = law.uniform();
    if (uniform.weight() > 0) {
      terms.add(
          uniform.low() == uniform.high()
              ? Figures.number(uniform.weight() * uniform.low())
              : term("Uniform", uniform.weight(), uniform.low(), uniform.high()));
    }
    LmoNoise.TruncatedNormal normal = law.truncatedNormal();
    if (normal.weight() > 0) {
      terms.add(
          term(
              "TruncatedNormal",
              normal.weight(),
              normal.mean(),
              normal.stddev(),
              normal.low(),
              normal.high()));
    }
    return "Laplace(1/u), u = " + String.join(" + ", terms);
  }

  private static String term(String name, double weight, double... parameters) {
    List<String> numbers = new ArrayList<>();
    for (double parameter : parameters) {
      numbers.add(Figures.number(parameter));
    }
    return Figures.number(weight) + " " + name + "(" + String.join(", ", numbers) + ")";
  }

  /** What an objective measures. */
  static String words(NoiseObjective objective) {
    return switch (objective) {
      case VARIANCE -> "variance";
      case ABSOLUTE -> "mean |noise|";
      case USEFULNESS -> "usefulness";
    };
  }

  /** A constant as a word of JSON. */
  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** The law of a candidate that is not Gaussian. */
  static LmoNoise mixture(NoiseCandidate candidate) {
    return candidate.law().mixture().orElseThrow();
  }

  /** A kind of noise as people write it. */
  static String title(NoiseLaw.Kind kind) {
    return switch (kind) {
      case GAUSSIAN -> "Gaussian";
      case LAPLACE -> "Laplace";
      case LMO -> "LMO";
    };
  }

  /** The same fields with null where a number is not finite, as {@link Console#result} has it. */
  static Map<String, Object> finite(Map<String, Object> fields) {
    Map<String, Object> finite = new LinkedHashMap<>();
    fields.forEach(
        (name, value) ->
            finite.put(name, value instanceof Double d && !Double.isFinite(d) ? null : value));
    return finite;
  }
}
