package dev.sotto.cli;

import dev.sotto.cli.Arguments.Interval;
import dev.sotto.compute.Purpose;
import dev.sotto.model.Sampling;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code sotto generate}: continues a prompt. */
final class GenerateCommand implements Command {
  private static final int DEFAULT_TOKENS = 100;
  private static final double DEFAULT_TEMPERATURE = 0.8;

  @Override
  public String name() {
    return "generate";
  }

  @Override
  public String summary() {
    return "continue a prompt with a model, with or without an adapter";
  }

  @Override
  public String usage() {
    return "--model DIR [--adapter DIR] [--prompt TEXT] [options]";
  }

  @Override
  public String description() {
    return """
    The same model, prompt, options and seed give the same text on the same backend.
    --json gives text (prompt and continuation), completion, new_tokens.\
    """;
  }

  @Override
  public OptionTable options() {
    return LoadedModel.addTo(new OptionTable().section("Model"))
        .section("Text")
        .value("prompt", "TEXT", "what to continue; default: nothing, from the beginning")
        .value("max-new-tokens", "N", "most tokens to add; default: " + DEFAULT_TOKENS)
        .value(
            "temperature",
            "X",
            "0 takes the likeliest token, more is more varied; default: " + DEFAULT_TEMPERATURE)
        .value("top-k", "N", "choose among the N likeliest tokens; default: all")
        .value("top-p", "P", "choose among the likeliest with total probability P; default: 1")
        .value("seed", "N", "another seed, another text; default: 0");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "generate --model llama-1b --adapter run1 --prompt \"54 yo F with\" --max-new-tokens 80",
        "generate --model llama-1b --prompt \"Once\" --temperature 0 --json");
  }

  @Override
  public void run(Arguments arguments, Console console) {
    Sampling sampling =
        new Sampling(
            arguments.numberOr("temperature", DEFAULT_TEMPERATURE, Interval.NOT_NEGATIVE),
            arguments.intOr("top-k", 0, 0),
            arguments.numberOr("top-p", 1, Interval.PROBABILITY));
    int tokens = arguments.intOr("max-new-tokens", DEFAULT_TOKENS, 1);
    long seed = arguments.seedOr("seed", 0);
    String prompt = arguments.textOr("prompt", "");
    try (LoadedModel loaded = LoadedModel.open(arguments, Purpose.PUBLIC)) {
      Continuation continuation = Continuation.of(loaded, prompt, tokens, sampling, seed);
      console.line(continuation.text());
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("text", continuation.text());
      fields.put("completion", continuation.completion());
      fields.put("new_tokens", continuation.newTokens());
      console.result(fields);
    }
  }
}
