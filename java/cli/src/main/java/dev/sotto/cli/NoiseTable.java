package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.NoiseLaw;
import dev.sotto.noisefile.NoiseFields;
import dev.sotto.report.Fact;
import dev.sotto.report.Item;
import dev.sotto.report.Report;
import dev.sotto.search.NoiseCandidate;
import dev.sotto.search.NoiseObjective;
import dev.sotto.search.NoiseSearchResult;
import java.util.ArrayList;
import java.util.List;

/** Noise laws in words and columns. */
final class NoiseTable {
  private NoiseTable() {}

  /** Adds the candidates of a search, one a line, with the best LMO law below. */
  static void add(Report report, NoiseSearchResult result) {
    Item.Table table =
        report.table(
            "candidates",
            new Item.Column("noise", -9),
            new Item.Column("epsilon", 8),
            new Item.Column("variance", 10),
            new Item.Column("mean |noise|", 12),
            new Item.Column("P(<=" + Figures.number(result.query().gamma()) + ")", 11),
            new Item.Column("Fisher inf.", 11),
            new Item.Column("vs Gaussian", 11),
            new Item.Column("", -1));
    for (NoiseCandidate candidate : result.candidates()) {
      List<Fact> row = new ArrayList<>();
      row.add(Fact.of("family", candidate.kind().word(), title(candidate.kind())));
      row.add(Fact.atMost("epsilon", candidate.epsilon()));
      row.addAll(moments(candidate));
      row.add(Fact.number("ratio_to_gaussian", result.ratioToGaussian(candidate)));
      // Too long for a line, and the standard deviation says what the variance does.
      row.add(
          candidate.kind() == NoiseLaw.Kind.GAUSSIAN
              ? Fact.of("stddev", Math.sqrt(candidate.coordinate().variance()), "")
              : Fact.of("law", NoiseFields.write(mixture(candidate)), ""));
      table.row(row.toArray(Fact[]::new));
    }
    report.row("LMO law found", Fact.said(words(mixture(result.lmo()))));
  }

  /** Variance, mean absolute value, usefulness and Fisher information, in this order. */
  static List<Fact> moments(NoiseCandidate candidate) {
    NoiseCandidate.Coordinate noise = candidate.coordinate();
    return List.of(
        Fact.number("variance", noise.variance()),
        Fact.number("mean_absolute", noise.meanAbsolute()),
        Fact.number("usefulness", noise.usefulness()),
        Fact.number("fisher_information", noise.fisherInformation()));
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
}
