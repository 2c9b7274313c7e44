package dev.sotto.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.accounting.RepeatedEvent;
import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.NoiseLaw.Kind;
import dev.sotto.noisefile.NoiseFields;
import dev.sotto.noisefile.NoiseFile;
import dev.sotto.plan.BackendOptions;
import dev.sotto.report.NoiseChart;
import dev.sotto.search.NoiseCandidate;
import dev.sotto.search.NoiseObjective;
import dev.sotto.search.NoiseQuery;
import dev.sotto.search.NoiseSearch;
import dev.sotto.search.NoiseSearchResult;
import dev.sotto.search.PublishedGrid;
import dev.sotto.search.SearchOptions;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code sotto search-noise}: which noise serves a query best at equal privacy. */
final class SearchNoiseCommand implements Command {
  private static final long MOST_COORDINATES = 1_000_000_000_000L;

  private enum Method {
    CMA_ES,
    PUBLISHED_GRID
  }

  private static final Setting<Long> DIMENSION =
      Setting.whole(
              "dimension", "N", 1, MOST_COORDINATES, "coordinates of what is released; default: %s")
          .or(1L);
  private static final Setting<Double> CLIP =
      Setting.number(
              "clip", "C", Range.CLIP_NORM, "L2 norm by which one unit can move it; default: %s")
          .or(1.0);
  private static final Setting<Double> SAMPLING_RATE =
      Setting.number(
              "sampling-rate",
              "Q",
              Range.SAMPLING_RATE,
              "probability of each unit to be in a sample; default: %s")
          .or(1.0);
  private static final Setting<Long> STEPS =
      Setting.whole("steps", "T", 1, RepeatedEvent.MAX_COUNT, "number of releases; default: %s")
          .or(1L);
  private static final Setting<Double> EPSILON =
      Setting.number("epsilon", "E", Range.EPSILON, "what all releases together may cost");
  private static final Setting<Double> DELTA =
      Setting.number("delta", "D", Range.DELTA, "the delta of the guarantee");
  private static final Setting<NoiseObjective> OBJECTIVE =
      Setting.choice(
              "objective",
              "NAME",
              NoiseObjective.class,
              "variance (default), absolute, or usefulness: P(|noise| <= G)")
          .or(NoiseObjective.VARIANCE);
  private static final Setting<Double> GAMMA =
      Setting.number(
          "gamma", "G", Range.CLIP_NORM, "the G of usefulness; default: 0.9 C, as in the paper");
  private static final Setting<Method> METHOD =
      Setting.choice("method", "NAME", Method.class, "%s").or(Method.CMA_ES);
  private static final Setting<Long> SEED =
      Setting.seed("seed", "of the starts; default: %s").or(0L);
  private static final Setting<Integer> STARTS =
      Setting.count("starts", "N", 1, 10_000, "how often the optimizer is started; default: %s")
          .or(SearchOptions.defaults().starts());
  private static final Setting<Integer> EVALUATIONS =
      Setting.count(
              "evaluations", "N", 1, 1_000_000, "most shapes that a start looks at; default: %s")
          .or(SearchOptions.defaults().evaluations());
  private static final Setting<Path> OUTPUT =
      Setting.path("output", "FILE", "noise file for --noise, as JSON");
  private static final Setting<Path> CHART =
      Setting.path("chart", "FILE", "picture of the densities, as .png or .svg");

  @Override
  public String name() {
    return "search-noise";
  }

  @Override
  public String summary() {
    return "find the noise that serves a query best at equal privacy";
  }

  @Override
  public String usage() {
    return "--epsilon E --delta D [--dimension N] [--clip C] [--steps T] [options]";
  }

  @Override
  public String description() {
    return """
        Gaussian, plain Laplace and LMO noise (Laplace of random scale), each scaled until the sound
        account of all releases meets epsilon at delta. In more than one coordinate the epsilon of
        Laplace and LMO noise is the best bound there is a proof for; in many, Gaussian noise wins.
        The file holds the best LMO law found, which 'finetune --mechanism lmo --noise FILE' reads, and
        says who won. --method published-grid repeats the search of the LMO-DP paper with the paper's
        accounting, which is not a differential privacy guarantee, and gives the sound epsilon beside.
        --json gives winner, tie, candidates (each with family, epsilon, variance, mean_absolute,
        usefulness, fisher_information, ratio_to_gaussian, and law or stddev), query, seed; with
        --method published-grid law, paper_epsilon, exact_epsilon, warning.""";
  }

  @Override
  public List<Section> settings() {
    return List.of(
        Section.of("Query", DIMENSION, CLIP, SAMPLING_RATE, STEPS, EPSILON, DELTA),
        Section.of("Search", OBJECTIVE, GAMMA, METHOD, SEED, STARTS, EVALUATIONS),
        Section.of("Results", OUTPUT, CHART));
  }

  @Override
  public List<String> examples() {
    return List.of(
        "search-noise --epsilon 5 --delta 1e-6 --objective absolute --output noise.json",
        "search-noise --dimension 1000 --sampling-rate 0.01 --steps 1000 --epsilon 3 --delta 1e-5"
            + " --chart densities.svg");
  }

  @Override
  public void run(Values values, Console console) {
    NoiseQuery query = query(values);
    if (values.has(CHART)) {
      // Before the search, which takes a while.
      NoiseChart.checkName(values.get(CHART));
    }
    if (values.get(METHOD) == Method.PUBLISHED_GRID) {
      for (Setting<?> setting : List.of(SEED, STARTS, EVALUATIONS)) {
        if (values.has(setting)) {
          throw new InputException(
              values.named(setting) + " does not go with --method published-grid; leave it out");
        }
      }
      publishedGrid(values, query, console);
    } else {
      search(values, query, console);
    }
  }

  private static NoiseQuery query(Values values) {
    double clip = values.get(CLIP);
    return InputException.ifRefused(
        () ->
            new NoiseQuery(
                new NoiseQuery.Vector(values.get(DIMENSION), clip),
                new NoiseQuery.Sampling(values.get(SAMPLING_RATE), values.get(STEPS)),
                new NoiseQuery.Target(values.get(EPSILON), values.get(DELTA)),
                values.get(OBJECTIVE),
                values.find(GAMMA).orElse(NoiseQuery.PAPER_GAMMA * clip)));
  }

  private static void search(Values values, NoiseQuery query, Console console) {
    SearchOptions options =
        new SearchOptions(
            values.get(SEED),
            values.get(STARTS),
            values.get(EVALUATIONS),
            values.find(BackendOptions.THREADS).orElse(SearchOptions.defaults().threads()));
    NoiseSearchResult result;
    try (SearchBar bar = new SearchBar(console)) {
      result = InputException.ifRefused(() -> NoiseSearch.run(query, options, bar));
    }
    Map<String, Object> fields = fields(result);
    fields.put("seed", options.seed());
    fields.put("starts", options.starts());
    fields.put("evaluations", options.evaluations());
    List<String> page = queryWords(query);
    page.add("");
    page.add(NoiseTable.of(result));
    page.add(verdict(result));
    finish(values, console, fields, page, NoiseTable.mixture(result.lmo()), result.candidates());
  }

  private static void publishedGrid(Values values, NoiseQuery query, Console console) {
    PublishedGrid.Best best;
    try (SearchBar bar = new SearchBar(console)) {
      best = InputException.ifRefused(() -> PublishedGrid.run(query, bar));
    }
    NoiseCandidate candidate = best.candidate();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("method", "published-grid");
    fields.put("warning", PublishedGrid.WARNING);
    fields.put("query", queryFields(query));
    fields.put("law", NoiseFields.write(best.law()));
    fields.put("paper_epsilon", best.claim().epsilon());
    fields.put("exact_epsilon", candidate.epsilon());
    moments(fields, candidate);
    List<String> page = queryWords(query);
    page.add("");
    page.add("WARNING        " + PublishedGrid.WARNING);
    page.add("grid           " + Figures.count(PublishedGrid.POINTS) + " points");
    page.add("best law       " + NoiseTable.words(best.law()));
    page.add(
        "paper claims   epsilon "
            + Figures.number(best.claim().epsilon())
            + " for one release, whatever its dimension");
    page.add(
        "sound account  epsilon at most "
            + Figures.bound(candidate.epsilon())
            + " for all of the query");
    page.add("variance       " + Figures.number(candidate.coordinate().variance()));
    page.add("mean |noise|   " + Figures.number(candidate.coordinate().meanAbsolute()));
    page.add("usefulness     " + Figures.number(candidate.coordinate().usefulness()));
    finish(values, console, fields, page, best.law(), List.of(candidate));
  }

  /** Writes the files, which can still fail, and then prints. */
  private static void finish(
      Values values,
      Console console,
      Map<String, Object> fields,
      List<String> page,
      LmoNoise law,
      List<NoiseCandidate> candidates) {
    if (values.has(OUTPUT)) {
      Path output = values.get(OUTPUT);
      ObjectNode search = Json.MAPPER.valueToTree(NoiseTable.finite(fields));
      NoiseFile.write(output, law, search);
      fields.put("output", output.toString());
      page.add("noise file     " + output + "  (the LMO law)");
    }
    if (values.has(CHART)) {
      Path chart = values.get(CHART);
      String title =
          fields.containsKey("warning")
              ? "LMO noise by " + PublishedGrid.WARNING
              : "Noise at equal privacy";
      new NoiseChart(title, candidates.stream().map(SearchNoiseCommand::curve).toList())
          .write(chart);
      fields.put("chart", chart.toString());
      page.add("chart          " + chart);
    }
    page.forEach(console::line);
    console.result(NoiseTable.finite(fields));
  }

  private static NoiseChart.Curve curve(NoiseCandidate candidate) {
    return candidate.kind() == Kind.GAUSSIAN
        ? NoiseChart.Curve.gaussian(Math.sqrt(candidate.coordinate().variance()))
        : NoiseChart.Curve.of(
            NoiseTable.title(candidate.kind()),
            NoiseTable.mixture(candidate),
            candidate.coordinate().variance());
  }

  private static List<String> queryWords(NoiseQuery query) {
    List<String> words = new ArrayList<>();
    words.add(
        "query          "
            + Figures.count(query.dimension())
            + (query.dimension() == 1 ? " coordinate" : " coordinates")
            + ", L2 clip "
            + Figures.number(query.sensitivity())
            + ", "
            + Figures.count(query.steps())
            + (query.steps() == 1 ? " release" : " releases")
            + (query.samplingProbability() < 1
                ? " at sampling rate " + Figures.number(query.samplingProbability())
                : ""));
    words.add(
        "target         epsilon "
            + Figures.number(query.epsilon())
            + " at delta "
            + Figures.number(query.delta()));
    return words;
  }

  private static String verdict(NoiseSearchResult result) {
    NoiseCandidate winner = result.winner();
    NoiseObjective objective = result.query().objective();
    StringBuilder text = new StringBuilder("winner         ");
    text.append(NoiseTable.title(winner.kind())).append(" noise");
    if (winner.kind() != Kind.GAUSSIAN) {
      text.append(": ")
          .append(NoiseTable.words(objective))
          .append(' ')
          .append(Figures.number(result.ratioToGaussian(winner)))
          .append(" times the Gaussian's");
    }
    if (winner.kind() == Kind.LMO) {
      double toLaplace = winner.value(objective) / result.laplace().value(objective);
      text.append(", ").append(Figures.number(toLaplace)).append(" times the Laplace noise's");
    } else {
      double worse = result.lmo().value(objective) / winner.value(objective);
      text.append("\nLMO noise      ")
          .append(
              winner.beats(result.lmo(), objective, NoiseSearchResult.TIE)
                  ? "does not win here: "
                      + NoiseTable.words(objective)
                      + " "
                      + Figures.number(worse)
                      + " times the winner's"
                  : "is no better here: within "
                      + Figures.number(100 * NoiseSearchResult.TIE)
                      + "% of the winner, which is plainer");
    }
    return text.toString();
  }

  private static Map<String, Object> fields(NoiseSearchResult result) {
    Map<String, Object> fields = new LinkedHashMap<>();
    NoiseCandidate winner = result.winner();
    NoiseObjective objective = result.query().objective();
    fields.put("method", "cma-es");
    fields.put("winner", winner.kind().word());
    fields.put("ratio_to_gaussian", result.ratioToGaussian(winner));
    fields.put(
        "tie",
        winner != result.lmo() && !winner.beats(result.lmo(), objective, NoiseSearchResult.TIE));
    List<Map<String, Object>> candidates = new ArrayList<>();
    for (NoiseCandidate candidate : result.candidates()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("family", candidate.kind().word());
      row.put("epsilon", candidate.epsilon());
      moments(row, candidate);
      row.put("ratio_to_gaussian", result.ratioToGaussian(candidate));
      if (candidate.kind() == Kind.GAUSSIAN) {
        row.put("stddev", Math.sqrt(candidate.coordinate().variance()));
      } else {
        row.put("law", NoiseFields.write(NoiseTable.mixture(candidate)));
      }
      candidates.add(NoiseTable.finite(row));
    }
    fields.put("candidates", candidates);
    fields.put("query", queryFields(result.query()));
    return fields;
  }

  private static void moments(Map<String, Object> fields, NoiseCandidate candidate) {
    fields.put("variance", candidate.coordinate().variance());
    fields.put("mean_absolute", candidate.coordinate().meanAbsolute());
    fields.put("usefulness", candidate.coordinate().usefulness());
    fields.put("fisher_information", candidate.coordinate().fisherInformation());
  }

  private static Map<String, Object> queryFields(NoiseQuery query) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("dimension", query.dimension());
    fields.put("clip", query.sensitivity());
    fields.put("sampling_rate", query.samplingProbability());
    fields.put("steps", query.steps());
    fields.put("epsilon", query.epsilon());
    fields.put("delta", query.delta());
    fields.put("objective", query.objective().name().toLowerCase(Locale.ROOT));
    fields.put("gamma", query.gamma());
    return fields;
  }
}
