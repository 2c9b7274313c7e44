package dev.sotto.cli;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LmoDivergence;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PaperAccount;
import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noisefile.NoiseFile;
import dev.sotto.report.Fact;
import dev.sotto.report.Item;
import dev.sotto.report.NoiseChart;
import dev.sotto.report.Report;
import dev.sotto.search.PublishedGrid;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/** {@code sotto describe-noise}: what a noise file holds. */
final class DescribeNoiseCommand implements Command {
  private static final long MOST_COORDINATES = 1_000_000_000_000L;
  private static final Setting<Path> NOISE =
      Setting.path("noise", "FILE", "JSON of 'sotto search-noise', or written by hand");
  private static final Setting<Double> ORDER =
      Setting.number("order", "A", Range.ORDER, "Renyi order, above 1; default: %s").or(2.0);
  private static final Setting<Double> SHIFT =
      Setting.number(
              "shift", "X", Range.SHIFT, "by how much one unit moves what is released; default: %s")
          .or(1.0);
  private static final Setting<Long> DIMENSION =
      Setting.whole("dimension", "N", 1, MOST_COORDINATES, "coordinates of a vector; default: %s")
          .or(1L);
  private static final Setting<Double> DELTA =
      Setting.number(
          "delta", "D", Range.DELTA, "also say what epsilon one release costs at this delta");
  private static final Setting<Path> CHART =
      Setting.path("chart", "FILE", "picture of the density, as .png or .svg");
  private static final int PICTURE_ROWS = 13;
  private static final int PICTURE_COLUMNS = 60;
  private static final double PICTURE_TAIL = 1e-3;

  @Override
  public String name() {
    return "describe-noise";
  }

  @Override
  public String summary() {
    return "say what a noise file holds: moments, densities, Renyi divergences";
  }

  @Override
  public String usage() {
    return "--noise FILE [--order A] [--shift X] [--dimension N] [--delta D] [options]";
  }

  @Override
  public String description() {
    return """
        renyi_exact is the divergence of one coordinate moved by the shift; renyi_vector bounds that of
        a vector whose L2 norm moves by it; renyi_paper is the formula of the LMO-DP paper, which is
        not a differential privacy guarantee for a vector.
        --json gives fisher_information, variance, mean_absolute, log_density_at_zero, renyi_exact,
        renyi_paper, renyi_vector, order, shift, dimension, noise. What is infinite is null; for a
        moment variance_reason or mean_absolute_reason says why. With --delta also delta,
        epsilon_vector, epsilon_gaussian and epsilon_paper, all of one release.""";
  }

  @Override
  public List<Section> settings() {
    return List.of(
        Section.of("Noise", NOISE, ORDER, SHIFT, DIMENSION, DELTA), Section.of("Results", CHART));
  }

  @Override
  public List<String> examples() {
    return List.of(
        "describe-noise --noise noise.json",
        "describe-noise --noise noise.json --delta 1e-10 --dimension 1000",
        "describe-noise --noise noise.json --order 8 --shift 0.5 --dimension 1000 --json");
  }

  @Override
  public void run(Values values, Console console) {
    Path file = values.get(NOISE);
    double order = values.get(ORDER);
    if (!(order > 1)) {
      throw new InputException(
          values.shown(ORDER) + " is not above 1; give one that is, such as 2");
    }
    double delta = values.find(DELTA).orElse(0.0);
    double shift = values.get(SHIFT);
    if (delta > 0 && shift == 0) {
      throw new InputException(
          values.shown(SHIFT) + " is not a number above 0; give one, for example --shift 1");
    }
    long dimension = values.get(DIMENSION);
    LmoNoise law = NoiseFile.read(file);
    Moment variance = Moment.of(law::variance);
    Report report = new Report();
    InputException.ifRefused(
        () -> {
          moments(report, law, variance);
          divergences(report, law, order, shift, dimension);
          if (delta > 0) {
            epsilons(report, law, variance.value(), dimension, shift, delta);
          }
          return report;
        });
    picture(report, law);
    report.data(Fact.of("noise", file));
    // The chart comes first: it is the one thing that can still fail.
    if (values.has(CHART)) {
      Path chart = values.get(CHART);
      draw(law, variance.value(), chart);
      report.row("chart", Fact.of("chart", chart));
    }
    console.print(report);
  }

  /**
   * A moment of the noise.
   *
   * @param value infinite where it does not exist
   * @param reason why it does not; null where it does
   */
  private record Moment(double value, String reason) {
    static Moment of(DoubleSupplier moment) {
      try {
        return new Moment(moment.getAsDouble(), null);
      } catch (IllegalArgumentException infinite) {
        return new Moment(Double.POSITIVE_INFINITY, infinite.getMessage());
      }
    }

    void addTo(Report report, String label, String key) {
      if (reason == null) {
        report.row(label, Fact.number(key, value));
      } else {
        report.data(Fact.number(key, value));
        report.row(label, "infinite: {}", Fact.of(key + "_reason", reason));
      }
    }
  }

  private static void moments(Report report, LmoNoise law, Moment variance) {
    double fisher = law.fisherInformation();
    report.row("noise", Fact.said(NoiseTable.words(law)));
    variance.addTo(report, "variance", "variance");
    Moment.of(law::meanAbsolute).addTo(report, "mean |noise|", "mean_absolute");
    report.row("Fisher information", Fact.number("fisher_information", fisher));
    if (Double.isFinite(variance.value())) {
      report.row(
          "in many dimensions",
          "{} times the variance of Gaussian noise at equal privacy",
          Fact.number(null, fisher * variance.value()));
    }
    report.row("log density at 0", Fact.number("log_density_at_zero", law.logDensity(0)));
  }

  private static void divergences(
      Report report, LmoNoise law, double order, double shift, long dimension) {
    report.data(Fact.number("order", order), Fact.number("shift", shift));
    Report renyi =
        report.section(
            "Renyi divergence of order "
                + Figures.number(order)
                + " for a shift of "
                + Figures.number(shift));
    renyi.row(
        "one coordinate", Fact.atMost("renyi_exact", LmoDivergence.renyiExact(law, order, shift)));
    renyi.row(
        "vector",
        "{} at most, {} coordinates moved by it in L2 norm",
        Fact.atMost("renyi_vector", LmoDivergence.renyiVector(law, order, dimension, shift)),
        Fact.count("dimension", dimension));
    renyi.row(
        "paper's formula",
        "{}  ({})",
        Fact.atMost("renyi_paper", LmoDivergence.renyiPaper(law, order, shift)),
        Fact.said(PublishedGrid.WARNING));
  }

  /** What one release of the vector costs, and what Gaussian noise of the same variance would. */
  private static void epsilons(
      Report report, LmoNoise law, double variance, long dimension, double shift, double delta) {
    Accountant accountant = Accountant.pld();
    report.data(Fact.delta("delta", delta));
    Report release = report.section("epsilon of one release at delta " + Figures.number(delta));
    release.row(
        "vector",
        Fact.atMost(
            "epsilon_vector",
            accountant.epsilonUpper(LmoEvent.vector(law, shift, dimension), delta)));
    if (Double.isFinite(variance)) {
      GaussianEvent gaussian = GaussianEvent.ofMultiplier(Math.sqrt(variance) / shift);
      release.row(
          "Gaussian",
          "{} with noise of the same variance, in any dimension",
          Fact.atMost("epsilon_gaussian", accountant.epsilonUpper(gaussian, delta)));
    }
    release.row(
        "paper's claim",
        "{}  ({})",
        Fact.number("epsilon_paper", new PaperAccount(law, shift).epsilon(delta).epsilon()),
        Fact.said(PublishedGrid.WARNING));
  }

  private static void draw(LmoNoise law, double variance, Path chart) {
    List<NoiseChart.Curve> curves = new ArrayList<>();
    if (Double.isFinite(variance)) {
      curves.add(NoiseChart.Curve.gaussian(Math.sqrt(variance)));
    }
    curves.add(NoiseChart.Curve.of("LMO", law, variance));
    new NoiseChart("LMO noise and the Gaussian of its variance", curves).write(chart);
  }

  /** Bars of the log density from 0 to where all but a thousandth of the noise lies. */
  private static void picture(Report report, LmoNoise law) {
    double end = law.absoluteQuantile(-Math.log(PICTURE_TAIL));
    double depth = law.logDensityDrop(end);
    Item.Table bars =
        report
            .section("log density, 99.9% of the noise (symmetric about 0)")
            .table(null, new Item.Column("", 8), new Item.Column("", 9), new Item.Column("", -1));
    for (int row = 0; row < PICTURE_ROWS; row++) {
      double x = end * row / (PICTURE_ROWS - 1);
      int bar = (int) Math.round((1 - law.logDensityDrop(x) / depth) * (PICTURE_COLUMNS - 1)) + 1;
      bars.row(
          Fact.number(null, x), Fact.number(null, law.logDensity(x)), Fact.said("#".repeat(bar)));
    }
  }
}
