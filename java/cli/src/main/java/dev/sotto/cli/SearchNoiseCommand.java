package dev.sotto.cli;

import dev.sotto.accounting.RepeatedEvent;
import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.NoiseLaw.Kind;
import dev.sotto.noisefile.NoiseFields;
import dev.sotto.noisefile.NoiseFile;
import dev.sotto.plan.BackendOptions;
import dev.sotto.report.Fact;
import dev.sotto.report.NoiseChart;
import dev.sotto.report.Report;
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
import java.util.List;
import java.util.Locale;

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
    Report report = report(query, "cma-es");
    NoiseTable.add(report, result);
    addVerdict(report, result);
    report.data(
        Fact.of("seed", options.seed()),
        Fact.of("starts", options.starts()),
        Fact.of("evaluations", options.evaluations()));
    finish(
        values,
        console,
        report,
        NoiseTable.mixture(result.lmo()),
        new Picture("Noise at equal privacy", result.candidates()));
  }

  private static void publishedGrid(Values values, NoiseQuery query, Console console) {
    PublishedGrid.Best best;
    try (SearchBar bar = new SearchBar(console)) {
      best = InputException.ifRefused(() -> PublishedGrid.run(query, bar));
    }
    NoiseCandidate candidate = best.candidate();
    List<Fact> moments = NoiseTable.moments(candidate);
    Report report = report(query, "published-grid");
    report.row("WARNING", Fact.of("warning", PublishedGrid.WARNING));
    report.row("grid", "{} points", Fact.count(null, PublishedGrid.POINTS));
    report.row(
        "best law", Fact.of("law", NoiseFields.write(best.law()), NoiseTable.words(best.law())));
    report.row(
        "paper claims",
        "epsilon {} for one release, whatever its dimension",
        Fact.number("paper_epsilon", best.claim().epsilon()));
    report.row(
        "sound account",
        "epsilon at most {} for all of the query",
        Fact.atMost("exact_epsilon", candidate.epsilon()));
    report.row("variance", moments.get(0));
    report.row("mean |noise|", moments.get(1));
    report.row("usefulness", moments.get(2));
    report.data(moments.get(3));
    finish(
        values,
        console,
        report,
        best.law(),
        new Picture("LMO noise by " + PublishedGrid.WARNING, List.of(candidate)));
  }

  /** What {@code --chart} shows. */
  private record Picture(String title, List<NoiseCandidate> candidates) {}

  /** Writes the files, which can still fail, and then prints. */
  private static void finish(
      Values values, Console console, Report report, LmoNoise law, Picture picture) {
    if (values.has(OUTPUT)) {
      Path output = values.get(OUTPUT);
      NoiseFile.write(output, law, Json.MAPPER.valueToTree(report.fields()));
      report.row("noise file", "{}  (the LMO law)", Fact.of("output", output));
    }
    if (values.has(CHART)) {
      Path chart = values.get(CHART);
      new NoiseChart(
              picture.title(),
              picture.candidates().stream().map(SearchNoiseCommand::curve).toList())
          .write(chart);
      report.row("chart", Fact.of("chart", chart));
    }
    console.print(report);
  }

  private static NoiseChart.Curve curve(NoiseCandidate candidate) {
    return candidate.kind() == Kind.GAUSSIAN
        ? NoiseChart.Curve.gaussian(Math.sqrt(candidate.coordinate().variance()))
        : NoiseChart.Curve.of(
            NoiseTable.title(candidate.kind()),
            NoiseTable.mixture(candidate),
            candidate.coordinate().variance());
  }

  /** A report that begins with what was asked. */
  private static Report report(NoiseQuery query, String method) {
    Report report = new Report();
    report.data(Fact.of("method", method));
    Report asked = report.section("query", "");
    double rate = query.samplingProbability();
    asked.row(
        "query",
        "{}, L2 clip {}, {}{}",
        Fact.count("dimension", query.dimension(), "coordinate"),
        Fact.number("clip", query.sensitivity()),
        Fact.count("steps", query.steps(), "release"),
        Fact.of(
            "sampling_rate", rate, rate < 1 ? " at sampling rate " + Figures.number(rate) : ""));
    asked.row(
        "target",
        "epsilon {} at delta {}",
        Fact.number("epsilon", query.epsilon()),
        Fact.number("delta", query.delta()));
    asked.data(
        Fact.of("objective", query.objective().name().toLowerCase(Locale.ROOT)),
        Fact.number("gamma", query.gamma()));
    return report;
  }

  private static void addVerdict(Report report, NoiseSearchResult result) {
    NoiseCandidate winner = result.winner();
    NoiseCandidate lmo = result.lmo();
    NoiseObjective objective = result.query().objective();
    Fact measure = Fact.said(NoiseTable.words(objective));
    Fact name = Fact.of("winner", winner.kind().word(), NoiseTable.title(winner.kind()));
    Fact ratio = Fact.number("ratio_to_gaussian", result.ratioToGaussian(winner));
    switch (winner.kind()) {
      case GAUSSIAN -> {
        report.row("winner", "{} noise", name);
        report.data(ratio);
      }
      case LAPLACE ->
          report.row("winner", "{} noise: {} {} times the Gaussian's", name, measure, ratio);
      case LMO ->
          report.row(
              "winner",
              "{} noise: {} {} times the Gaussian's, {} times the Laplace noise's",
              name,
              measure,
              ratio,
              Fact.number(null, lmo.value(objective) / result.laplace().value(objective)));
    }
    boolean beaten = winner.beats(lmo, objective, NoiseSearchResult.TIE);
    if (beaten) {
      report.row(
          "LMO noise",
          "does not win here: {} {} times the winner's",
          measure,
          Fact.number(null, lmo.value(objective) / winner.value(objective)));
    } else if (winner != lmo) {
      report.row(
          "LMO noise",
          "is no better here: within {}% of the winner, which is plainer",
          Fact.number(null, 100 * NoiseSearchResult.TIE));
    }
    report.data(Fact.of("tie", winner != lmo && !beaten));
  }
}
