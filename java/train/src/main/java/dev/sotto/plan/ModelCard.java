package dev.sotto.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.sotto.base.Json;
import dev.sotto.report.Fact;
import dev.sotto.report.Markdown;
import dev.sotto.report.Report;
import dev.sotto.task.Metric;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The model card of an adapter: {@code README.md} as HuggingFace's hub reads it, a header in YAML
 * and a page in Markdown. Like {@link FinetunePage}, public and released values only.
 */
final class ModelCard {
  static final String FILE_NAME = "README.md";

  private ModelCard() {}

  /** The text of the card. */
  static String of(FinetuneOptions options, FinetuneResult result) {
    return "---\n" + header(options, result) + "---\n\n" + Markdown.of(page(options, result));
  }

  /** What a model is called: its folder, or its file without the ending. */
  static String nameOf(Path model) {
    Path name = model.toAbsolutePath().normalize().getFileName();
    return name == null ? "the base model" : name.toString().replaceFirst("\\.gguf$", "");
  }

  /** What an adapter is trained to. */
  static String aim(TaskOptions.Kind kind) {
    return switch (kind) {
      case GENERATE -> "go on with text";
      case CLASSIFY -> "tell classes of text";
      case REGRESS -> "score text";
    };
  }

  private static String header(FinetuneOptions options, FinetuneResult result) {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("base_model", nameOf(options.model()));
    header.put("library_name", "peft");
    header.put(
        "pipeline_tag",
        options.task().kind() == TaskOptions.Kind.GENERATE
            ? "text-generation"
            : "text-classification");
    header.put("tags", tags(result.account()));
    List<String> metrics = new ArrayList<>();
    result.perplexity().ifPresent(perplexity -> metrics.add("perplexity"));
    result
        .scores()
        .ifPresent(scores -> scores.keySet().stream().map(Metric::key).forEach(metrics::add));
    if (!metrics.isEmpty()) {
      header.put("metrics", metrics);
    }
    StringBuilder yaml = new StringBuilder();
    header.forEach((key, value) -> yaml.append(key).append(": ").append(json(value)).append('\n'));
    return yaml.toString();
  }

  private static List<String> tags(Account account) {
    List<String> tags = new ArrayList<>(List.of("lora", "sotto"));
    if (account instanceof Account.Proven) {
      tags.addAll(List.of("differential-privacy", "dp-sgd"));
    }
    return tags;
  }

  /** JSON is YAML too, with every text quoted. */
  private static String json(Object value) {
    try {
      return Json.MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a header cannot be written", e);
    }
  }

  private static Report page(FinetuneOptions options, FinetuneResult result) {
    String base = nameOf(options.model());
    Report page = new Report("LoRA adapter for " + base);
    page.text(
        "Trained with Sotto to {}. `adapter_config.json` and `adapter_model.safetensors` load in PEFT"
            + " on top of {}.",
        Fact.said(aim(options.task().kind())),
        Fact.said(base));
    Report privacy = page.section("Privacy");
    if (options.testSeed().isPresent()) {
      privacy.warning(
          "No guarantee.",
          "Its sampling and noise came from a fixed test seed, which anyone can use.");
    } else if (result.account() instanceof Account.Proven proven) {
      String column = options.data().columns().unit();
      privacy.text(
          "Differentially private: (ε, δ) = ({}, {}) for adding or removing one {} of the training"
              + " data, by the {} accountant over {}. `ledger.jsonl` proves it: `sotto account --ledger"
              + " ledger.jsonl`.",
          Fact.atMost("epsilon", result.epsilon()),
          Fact.delta("delta", result.delta()),
          Fact.said(column == null ? "record" : column.toLowerCase(Locale.ROOT)),
          Fact.said(proven.accountantName()),
          Fact.count("steps", result.steps(), "step"));
      if (options.task().labelsFromData()) {
        privacy.text(
            "Which classes there are is not covered by ε: their names were read from the private"
                + " records.");
      }
    } else if (result.account() instanceof Account.PaperClaim) {
      privacy.warning(
          "No guarantee.",
          "Its noise was chosen by an account that bounds a single number, and vectors were"
              + " released.");
    } else {
      privacy.warning(
          "None.", "Trained without clipping or noise: it may repeat its training data.");
    }
    if (result.perplexity().isPresent() || result.scores().isPresent()) {
      Report measured = page.section("On public validation data");
      result
          .perplexity()
          .ifPresent(
              p ->
                  measured.row(
                      "perplexity",
                      "{}, {} of the base model",
                      Fact.number("perplexity_after", p.after()),
                      Fact.number("perplexity_before", p.before())));
      result.scores().ifPresent(scores -> ScoreRows.add(measured, scores));
    }
    return page;
  }
}
