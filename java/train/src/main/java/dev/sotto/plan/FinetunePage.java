package dev.sotto.plan;

import dev.sotto.accounting.MembershipRisk;
import dev.sotto.base.Sha256;
import dev.sotto.report.Fact;
import dev.sotto.report.Item;
import dev.sotto.report.Report;
import dev.sotto.settings.Section;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.DoubleStream;

/**
 * The page that a run leaves beside its adapter, in Markdown and in HTML: what was guaranteed to
 * whom, what was assumed, with which settings. It holds public values and released ones only: of
 * the private records no path, digest or size, and no time, since times follow the draws.
 */
final class FinetunePage {
  /** What says where the private records lie, or how many there are. */
  private static final Set<String> OF_PRIVATE_DATA = Set.of(DataOptions.TRAIN.key(), "units");

  private final FinetuneOptions options;
  private final FinetuneResult result;

  private FinetunePage(FinetuneOptions options, FinetuneResult result) {
    this.options = options;
    this.result = result;
  }

  /**
   * Composes it.
   *
   * @param result of the run, its files written
   * @param settings by name, as in {@code settings.json}
   */
  static Report of(FinetuneOptions options, FinetuneResult result, Map<String, String> settings) {
    return new FinetunePage(options, result).page(settings);
  }

  private Report page(Map<String, String> settings) {
    Report page = new Report("Fine-tuning report");
    page.text(
        "A LoRA adapter for {}, trained to {} on records that this page says nothing of.",
        Fact.said(ModelCard.nameOf(options.model())),
        Fact.said(ModelCard.aim(options.task().kind())));
    if (result.account() instanceof Account.Proven proven) {
      guarantee(page.section("Guarantee"), proven);
      meaning(page, proven);
    } else if (result.account() instanceof Account.PaperClaim claim) {
      noGuarantee(page.section("Guarantee"), claim);
    } else {
      page.warning(
          "No privacy.",
          "This adapter was trained without clipping or noise. It may reproduce its training"
              + " data.");
    }
    utility(page);
    files(page.section("Files"));
    Item.Table table =
        page.section("Settings")
            .table(null, new Item.Column("setting", -20), new Item.Column("value", -1));
    settings.forEach(
        (name, value) -> {
          if (!value.isEmpty() && !value.equals("null") && !OF_PRIVATE_DATA.contains(name)) {
            table.row(Fact.said(name), Fact.said(shown(name, value)));
          }
        });
    return page;
  }

  private void guarantee(Report page, Account.Proven account) {
    if (options.testSeed().isPresent()) {
      page.warning(
          "None: this run used a fixed test seed.",
          "Anyone can recompute its noise. What follows is what a run with secret randomness would"
              + " have guaranteed.");
    }
    NoisePlan plan = account.noise();
    String column = options.data().columns().unit();
    String unit = column == null ? "record" : "value of " + column + " with all its records";
    page.text(
        "(ε, δ) = ({}, {}) after {}, for adding or removing one {}.",
        Fact.atMost("epsilon", result.epsilon()),
        Fact.delta("delta", result.delta()),
        Fact.count("steps", result.steps(), "step"),
        Fact.said(unit));
    page.text(
        "In words: whether or not one {} was among the training data, anything that can be told from"
            + " what this run released is told with nearly the same probability, by a factor of at"
            + " most e^ε = {} and a further {}.",
        Fact.said(unit),
        Fact.atMost(null, Math.exp(result.epsilon())),
        Fact.delta(null, result.delta()));
    page.row(
        "Accountant",
        "{}; `sotto account --ledger ledger.jsonl` derives ε again from the ledger alone.",
        Fact.said(account.accountantName()));
    page.row("Released", "the adapter, every noisy gradient, the ledger, this report.");
    page.row("Not for publishing", "`private/`, which only a resume of this run needs.");
    page.row(
        "Treated as public",
        "the number of privacy units, which the ledger states, every setting below, the validation"
            + " data.");
    if (options.task().labelsFromData()) {
      page.row(
          "Not covered by epsilon",
          "which classes there are: their names were read from the private records (`--labels"
              + " from-data`).");
    }
    page.row(
        "Not covered",
        "choosing settings by looking at private results, and timing. Whoever stops a run early"
            + " because of what it released quotes the target epsilon of all planned steps.");
    plan.control()
        .ifPresent(
            control ->
                page.row(
                    "Controller",
                    "{}. It saw public and released values alone, and whatever it chose, ε holds;"
                        + " `trajectory.jsonl` has all of it.",
                    Fact.said(control.controller())));
    if (!plan.isGaussian()) {
      mechanism(page, plan);
      page.row(
          "",
          "In d coordinates the account bounds the worst direction in which one unit may move a"
              + " vector whose L2 norm is clipped.");
    }
  }

  /** Figures for the whole plan, which whoever stopped early has to quote. */
  private void meaning(Report page, Account.Proven account) {
    MembershipRisk risk = account.risk(MembershipRisk.DEFAULT_CANDIDATES);
    Report person = RiskRows.add(page, risk);
    person.row(
        "odds",
        "even odds become at most {} to 1 when someone is accused as one in 100 of those who took no"
            + " part would be; {} to 1 at one in 1,000",
        Fact.atMost(null, risk.truePositivesAtOnePercent() / 0.01),
        Fact.atMost(null, risk.truePositivesAtOnePerMille() / 0.001));
    RunPictures.spent(account, result.steps())
        .ifPresent(
            picture ->
                person.picture(
                    picture, "ε spent after each step, at the run's δ, and what was promised."));
  }

  private void noGuarantee(Report page, Account.PaperClaim claim) {
    page.warning(
        "None: what follows is not a differential privacy guarantee.",
        "The size of the noise was chosen by the account of arXiv 2405.18776 (`--accounting"
            + " paper`). It bounds the privacy loss of a single number, and this run released"
            + " vectors. No epsilon is stated, and `sotto account` refuses to derive one.");
    mechanism(page, claim.noise());
    page.row("Steps", Fact.count("steps", result.steps()));
  }

  private void mechanism(Report page, NoisePlan plan) {
    DoubleSummaryStatistics relative =
        DoubleStream.of(plan.noiseStddevs())
            .map(stddev -> stddev / options.privacy().orElseThrow().clipNorm())
            .summaryStatistics();
    String least = Fact.number(null, relative.getMin()).text();
    String most = Fact.number(null, relative.getMax()).text();
    page.row(
        "Mechanism",
        "{}; the noise on a coordinate of the clipped sum has {}.",
        Fact.said(plan.kind().word()),
        Fact.said(
            Double.isInfinite(relative.getMax())
                ? "no finite standard deviation"
                : "standard deviation "
                    + (least.equals(most) ? least : least + " to " + most)
                    + " times the clip norm"));
  }

  private void utility(Report page) {
    List<RunPictures.Captioned> pictures = RunPictures.onTheWay(result.directory());
    if (result.perplexity().isPresent() || result.scores().isPresent() || !pictures.isEmpty()) {
      Report utility = page.section("Utility");
      result
          .perplexity()
          .ifPresent(
              perplexity ->
                  utility.text(
                      "Perplexity on the public validation data: {} before, {} after.",
                      Fact.number("perplexity_before", perplexity.before()),
                      Fact.number("perplexity_after", perplexity.after())));
      result.scores().ifPresent(scores -> ScoreRows.add(utility, scores));
      pictures.forEach(shown -> utility.picture(shown.picture(), shown.caption()));
    }
    if (result.account() instanceof Account.Private noised
        && noised.noise().control().isEmpty()
        && noised.noise().isGaussian()
        && DoubleStream.of(noised.noise().noiseStddevs()).distinct().count() == 1) {
      NoisePlan plan = noised.noise();
      double stddev = plan.noiseStddevs()[0];
      page.section("Clipping and noise")
          .row(
              "mean gradient",
              "of length at most {}, under noise of length about {}: {} numbers, {} units expected"
                  + " in a step",
              Fact.number(null, options.privacy().orElseThrow().clipNorm()),
              Fact.number(null, stddev * Math.sqrt(plan.coordinates()) / plan.expectedBatchSize()),
              Fact.count(null, plan.coordinates()),
              Fact.number(null, plan.expectedBatchSize()));
    }
  }

  private void files(Report page) {
    Item.Table table =
        page.table(null, new Item.Column("file", -30), new Item.Column("SHA-256", -64));
    for (Path file : result.directory().released()) {
      if (Files.exists(file)) {
        table.row(Fact.said(file.getFileName()), Fact.said("`" + Sha256.ofFile(file) + "`"));
      }
    }
  }

  /** A setting's value as a person would write it. */
  private String shown(String name, String value) {
    if (name.equals(DataOptions.MAX_BLOCKS_PER_UNIT.key())
        && value.equals(String.valueOf(Integer.MAX_VALUE))) {
      return "all";
    }
    if (isPath(name)) {
      return ModelCard.nameOf(Path.of(value));
    }
    // Doubles alone: a name or a digest that looks like a number has no point in it.
    return value.matches("-?\\d+\\.\\d+(E-?\\d+)?")
        ? value.replaceFirst("\\.0(?=E|$)", "").replace('E', 'e')
        : value;
  }

  /** Whether a setting is a file or a folder, of which the last part of its path is shown. */
  private boolean isPath(String name) {
    return Section.flatten(FinetuneOptions.TABLE).stream()
        .filter(setting -> setting.key().equals(name))
        .anyMatch(setting -> options.values().find(setting).orElse(null) instanceof Path);
  }
}
