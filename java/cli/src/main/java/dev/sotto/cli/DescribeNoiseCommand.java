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
import dev.sotto.report.NoiseChart;
import dev.sotto.search.PublishedGrid;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;

/** {@code sotto describe-noise}: what a noise file holds. */
final class DescribeNoiseCommand implements Command {
  private static final long MOST_COORDINATES = 1_000_000_000_000L;
  private static final Setting<Path> NOISE =
      Setting.path("noise", "FILE", "JSON of 'sotto search-noise', or written by hand");
  private static final Setting<Double> ORDER =
      Setting.number("order", "A", Range.POSITIVE, "Renyi order, above 1; default: %s").or(2.0);
  private static final Setting<Double> SHIFT =
      Setting.number(
              "shift",
              "X",
              Range.NOT_NEGATIVE,
              "by how much one unit moves what is released; default: %s")
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
    Map<String, Object> fields =
        InputException.ifRefused(() -> facts(law, order, shift, dimension, delta));
    fields.put("noise", file.toString());
    // The chart comes first: it is the one thing that can still fail.
    if (values.has(CHART)) {
      Path chart = values.get(CHART);
      draw(law, (Double) fields.get("variance"), chart);
      fields.put("chart", chart.toString());
    }
    print(law, fields, console);
    console.result(fields);
  }

  private static Map<String, Object> facts(
      LmoNoise law, double order, double shift, long dimension, double delta) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("fisher_information", law.fisherInformation());
    moment(fields, "variance", law::variance);
    moment(fields, "mean_absolute", law::meanAbsolute);
    fields.put("log_density_at_zero", law.logDensity(0));
    fields.put("renyi_exact", LmoDivergence.renyiExact(law, order, shift));
    fields.put("renyi_paper", LmoDivergence.renyiPaper(law, order, shift));
    fields.put("renyi_vector", LmoDivergence.renyiVector(law, order, dimension, shift));
    fields.put("order", order);
    fields.put("shift", shift);
    fields.put("dimension", dimension);
    if (delta > 0) {
      epsilons(law, dimension, shift, delta, fields);
    }
    return fields;
  }

  /** What one release of the vector costs, and what Gaussian noise of the same variance would. */
  private static void epsilons(
      LmoNoise law, long dimension, double shift, double delta, Map<String, Object> fields) {
    Accountant accountant = Accountant.pld();
    double variance = (Double) fields.get("variance");
    fields.put("delta", delta);
    fields.put(
        "epsilon_vector", accountant.epsilonUpper(LmoEvent.vector(law, shift, dimension), delta));
    if (Double.isFinite(variance)) {
      GaussianEvent gaussian = GaussianEvent.ofMultiplier(Math.sqrt(variance) / shift);
      fields.put("epsilon_gaussian", accountant.epsilonUpper(gaussian, delta));
    }
    fields.put("epsilon_paper", new PaperAccount(law, shift).epsilon(delta).epsilon());
  }

  /** The moment, or infinity and the reason. */
  private static void moment(Map<String, Object> fields, String name, DoubleSupplier moment) {
    try {
      fields.put(name, moment.getAsDouble());
    } catch (IllegalArgumentException infinite) {
      fields.put(name, Double.POSITIVE_INFINITY);
      fields.put(name + "_reason", infinite.getMessage());
    }
  }

  private static void draw(LmoNoise law, double variance, Path chart) {
    List<NoiseChart.Curve> curves = new ArrayList<>();
    if (Double.isFinite(variance)) {
      curves.add(NoiseChart.Curve.gaussian(Math.sqrt(variance)));
    }
    curves.add(NoiseChart.Curve.of("LMO", law, variance));
    new NoiseChart("LMO noise and the Gaussian of its variance", curves).write(chart);
  }

  private static void print(LmoNoise law, Map<String, Object> fields, Console console) {
    double fisher = (Double) fields.get("fisher_information");
    double variance = (Double) fields.get("variance");
    console.line("noise              " + NoiseTable.words(law));
    console.line("variance           " + moment(fields, "variance"));
    console.line("mean |noise|       " + moment(fields, "mean_absolute"));
    console.line("Fisher information " + Figures.number(fisher));
    if (Double.isFinite(variance)) {
      console.line(
          "in many dimensions "
              + Figures.number(fisher * variance)
              + " times the variance of Gaussian noise at equal privacy");
    }
    console.line("log density at 0   " + Figures.number(law.logDensity(0)));
    console.line("");
    console.line(
        "Renyi divergence of order "
            + Figures.number((Double) fields.get("order"))
            + " for a shift of "
            + Figures.number((Double) fields.get("shift")));
    console.line("  one coordinate   " + Figures.bound((Double) fields.get("renyi_exact")));
    console.line(
        "  vector           "
            + Figures.bound((Double) fields.get("renyi_vector"))
            + " at most, "
            + Figures.count((Long) fields.get("dimension"))
            + " coordinates moved by it in L2 norm");
    console.line(
        "  paper's formula  "
            + Figures.bound((Double) fields.get("renyi_paper"))
            + "  ("
            + PublishedGrid.WARNING
            + ")");
    if (fields.containsKey("delta")) {
      print(fields, console);
    }
    console.line("");
    picture(law, console);
    if (fields.containsKey("chart")) {
      console.line("");
      console.line("chart              " + fields.get("chart"));
    }
  }

  private static void print(Map<String, Object> fields, Console console) {
    console.line("");
    console.line("epsilon of one release at delta " + Figures.number((Double) fields.get("delta")));
    console.line("  vector           " + Figures.bound((Double) fields.get("epsilon_vector")));
    if (fields.containsKey("epsilon_gaussian")) {
      console.line(
          "  Gaussian         "
              + Figures.bound((Double) fields.get("epsilon_gaussian"))
              + " with noise of the same variance, in any dimension");
    }
    console.line(
        "  paper's claim    "
            + Figures.number((Double) fields.get("epsilon_paper"))
            + "  ("
            + PublishedGrid.WARNING
            + ")");
  }

  private static String moment(Map<String, Object> fields, String name) {
    double value = (Double) fields.get(name);
    return Double.isFinite(value)
        ? Figures.number(value)
        : "infinite: " + fields.get(name + "_reason");
  }

  /** Bars of the log density from 0 to where all but a thousandth of the noise lies. */
  private static void picture(LmoNoise law, Console console) {
    double end = law.absoluteQuantile(-Math.log(PICTURE_TAIL));
    double depth = law.logDensityDrop(end);
    console.line("log density, 99.9% of the noise (symmetric about 0)");
    for (int row = 0; row < PICTURE_ROWS; row++) {
      double x = end * row / (PICTURE_ROWS - 1);
      int bar = (int) Math.round((1 - law.logDensityDrop(x) / depth) * (PICTURE_COLUMNS - 1)) + 1;
      console.line(
          String.format(
              "%10s %10s  %s",
              Figures.number(x), Figures.number(law.logDensity(x)), "#".repeat(bar)));
    }
  }
}
