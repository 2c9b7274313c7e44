package dev.sotto.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.accounting.RepeatedEvent;
import dev.sotto.base.InputException;
import dev.sotto.cli.Arguments.Interval;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noisefile.NoiseFields;
import dev.sotto.noisefile.NoiseFile;
import dev.sotto.report.NoiseChart;
import dev.sotto.search.NoiseCandidate;
import dev.sotto.search.NoiseCandidate.Family;
import dev.sotto.search.NoiseObjective;
import dev.sotto.search.NoiseQuery;
import dev.sotto.search.NoiseSearch;
import dev.sotto.search.NoiseSearchResult;
import dev.sotto.search.PublishedGrid;
import dev.sotto.search.SearchOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code sotto search-noise}: which noise serves a query best at equal privacy. */
final class SearchNoiseCommand implements Command {
  private static final long MOST_COORDINATES = 1_000_000_000_000L;
  private static final int MOST_STARTS = 10_000;
  private static final int MOST_EVALUATIONS = 1_000_000;
  private static final JsonMapper JSON = new JsonMapper();

  private enum Method {
    CMA_ES,
    PUBLISHED_GRID
  }

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
  public OptionTable options() {
    return new OptionTable()
        .section("Query")
        .value("dimension", "N", "coordinates of what is released; default: 1")
        .value("clip", "C", "L2 norm by which one unit can move it; default: 1")
        .value("sampling-rate", "Q", "probability of each unit to be in a sample; default: 1")
        .value("steps", "T", "number of releases; default: 1")
        .value("epsilon", "E", "what all releases together may cost")
        .value("delta", "D", "the delta of the guarantee")
        .section("Search")
        .value("objective", "NAME", "variance (default), absolute, or usefulness: P(|noise| <= G)")
        .value("gamma", "G", "the G of usefulness; default: 0.9 C, as in the paper")
        .value("method", "NAME", "cma-es (default) or published-grid")
        .value("seed", "N", "of the starts; default: 0")
        .value("starts", "N", "how often the optimizer is started; default: 10")
        .value("evaluations", "N", "most shapes that a start looks at; default: 500")
        .section("Results")
        .value("output", "FILE", "noise file for --noise, as JSON")
        .value("chart", "FILE", "picture of the densities, as .png or .svg");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "search-noise --epsilon 5 --delta 1e-6 --objective absolute --output noise.json",
        "search-noise --dimension 1000 --sampling-rate 0.01 --steps 1000 --epsilon 3 --delta 1e-5"
            + " --chart densities.svg");
  }

  @Override
  public void run(Arguments arguments, Console console) {
    NoiseQuery query = query(arguments);
    if (arguments.has("chart")) {
      // Before the search, which takes a while.
      NoiseChart.checkName(arguments.path("chart"));
    }
    if (arguments.choiceOr("method", Method.CMA_ES) == Method.PUBLISHED_GRID) {
      for (String option : List.of("seed", "starts", "evaluations")) {
        if (arguments.has(option)) {
          throw new InputException(
              "--" + option + " does not go with --method published-grid; leave it out");
        }
      }
      publishedGrid(arguments, query, console);
    } else {
      search(arguments, query, console);
    }
  }

  private static NoiseQuery query(Arguments arguments) {
    double clip = arguments.numberOr("clip", 1, Interval.POSITIVE);
    return InputException.ifRefused(() -> query(arguments, clip));
  }

  private static NoiseQuery query(Arguments arguments, double clip) {
    return new NoiseQuery(
        arguments.wholeOr("dimension", 1, 1, MOST_COORDINATES),
        clip,
        arguments.numberOr("sampling-rate", 1, Interval.PROBABILITY),
        arguments.wholeOr("steps", 1, 1, RepeatedEvent.MAX_COUNT),
        arguments.number("epsilon", Interval.POSITIVE),
        arguments.number("delta", Interval.DELTA),
        arguments.choiceOr("objective", NoiseObjective.VARIANCE),
        arguments.numberOr("gamma", NoiseQuery.PAPER_GAMMA * clip, Interval.POSITIVE));
  }

  private static void search(Arguments arguments, NoiseQuery query, Console console) {
    SearchOptions defaults = SearchOptions.defaults();
    int threads = BackendArguments.threads(arguments);
    SearchOptions options =
        new SearchOptions(
            arguments.seedOr("seed", 0),
            (int) arguments.wholeOr("starts", defaults.starts(), 1, MOST_STARTS),
            (int) arguments.wholeOr("evaluations", defaults.evaluations(), 1, MOST_EVALUATIONS),
            threads == 0 ? defaults.threads() : threads);
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
    finish(arguments, console, fields, page, result.lmo().law(), result.candidates());
  }

  private static void publishedGrid(Arguments arguments, NoiseQuery query, Console console) {
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
    page.add("variance       " + Figures.number(candidate.variance()));
    page.add("mean |noise|   " + Figures.number(candidate.meanAbsolute()));
    page.add("usefulness     " + Figures.number(candidate.usefulness()));
    finish(arguments, console, fields, page, best.law(), List.of(candidate));
  }

  /** Writes the files, which can still fail, and then prints. */
  private static void finish(
      Arguments arguments,
      Console console,
      Map<String, Object> fields,
      List<String> page,
      LmoNoise law,
      List<NoiseCandidate> candidates) {
    if (arguments.has("output")) {
      Path output = arguments.path("output");
      ObjectNode search = JSON.valueToTree(NoiseTable.finite(fields));
      NoiseFile.write(output, law, search);
      fields.put("output", output.toString());
      page.add("noise file     " + output + "  (the LMO law)");
    }
    if (arguments.has("chart")) {
      Path chart = arguments.path("chart");
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
    return candidate.family() == Family.GAUSSIAN
        ? NoiseChart.Curve.gaussian(Math.sqrt(candidate.variance()))
        : NoiseChart.Curve.of(
            NoiseTable.title(candidate.family()), candidate.law(), candidate.variance());
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
    text.append(NoiseTable.title(winner.family())).append(" noise");
    if (winner.family() != Family.GAUSSIAN) {
      text.append(": ")
          .append(NoiseTable.words(objective))
          .append(' ')
          .append(Figures.number(result.ratioToGaussian(winner)))
          .append(" times the Gaussian's");
    }
    if (winner.family() == Family.LMO) {
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
    fields.put("winner", NoiseTable.name(winner.family()));
    fields.put("ratio_to_gaussian", result.ratioToGaussian(winner));
    fields.put(
        "tie",
        winner != result.lmo() && !winner.beats(result.lmo(), objective, NoiseSearchResult.TIE));
    List<Map<String, Object>> candidates = new ArrayList<>();
    for (NoiseCandidate candidate : result.candidates()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("family", NoiseTable.name(candidate.family()));
      row.put("epsilon", candidate.epsilon());
      moments(row, candidate);
      row.put("ratio_to_gaussian", result.ratioToGaussian(candidate));
      if (candidate.law() == null) {
        row.put("stddev", Math.sqrt(candidate.variance()));
      } else {
        row.put("law", NoiseFields.write(candidate.law()));
      }
      candidates.add(NoiseTable.finite(row));
    }
    fields.put("candidates", candidates);
    fields.put("query", queryFields(result.query()));
    return fields;
  }

  private static void moments(Map<String, Object> fields, NoiseCandidate candidate) {
    fields.put("variance", candidate.variance());
    fields.put("mean_absolute", candidate.meanAbsolute());
    fields.put("usefulness", candidate.usefulness());
    fields.put("fisher_information", candidate.fisherInformation());
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
