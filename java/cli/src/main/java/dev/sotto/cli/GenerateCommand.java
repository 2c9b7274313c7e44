package dev.sotto.cli;

import dev.sotto.chat.ChatTemplate;
import dev.sotto.compute.Purpose;
import dev.sotto.model.Sampling;
import dev.sotto.plan.ChatOptions;
import dev.sotto.plan.DataOptions;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code sotto generate}: continues a prompt. */
final class GenerateCommand implements Command {
  private static final Setting<String> PROMPT =
      Setting.text("prompt", "TEXT", "what to continue; default: nothing, from the beginning")
          .or("");
  static final Setting<Integer> MAX_NEW_TOKENS =
      Setting.count("max-new-tokens", "N", 1, "most tokens to add; default: %s").or(100);
  private static final Setting<Double> TEMPERATURE =
      Setting.number(
              "temperature",
              "X",
              Range.TEMPERATURE,
              "0 takes the likeliest token, more is more varied; default: %s")
          .or(0.8);
  private static final Setting<Integer> TOP_K =
      Setting.count("top-k", "N", 0, "choose among the N likeliest tokens; default: all").or(0);
  private static final Setting<Double> TOP_P =
      Setting.number(
              "top-p",
              "P",
              Range.PROBABILITY,
              "choose among the likeliest with total probability P; default: %s")
          .or(1.0);
  private static final Setting<Boolean> CHAT =
      Setting.flag(
              "chat",
              "instead: hold a conversation, a line of input each turn, by the chat template")
          .insteadOf(PROMPT, DataOptions.SEPARATOR, DataOptions.BEGIN, DataOptions.END);
  private static final Setting<String> SYSTEM =
      Setting.text("system", "TEXT", "what the model is told before a conversation");
  private static final Setting<Long> SEED =
      Setting.seed("seed", "another seed, another text; default: %s").or(0L);

  @Override
  public String name() {
    return "generate";
  }

  @Override
  public String summary() {
    return "continue a prompt with a model, with or without an adapter, or talk to it";
  }

  @Override
  public String usage() {
    return "--model DIR [--adapter DIR] [--prompt TEXT | --chat] [options]";
  }

  @Override
  public String description() {
    return """
    The same model, prompt, options and seed give the same text on the same backend.
    The text begins as the adapter's records did in training, and ends at a token that ends a text;
    with --end off it goes on to --max-new-tokens. Behind the prompt comes what stood between
    prompt and completion there, or --separator; with neither, nothing.
    --json gives text (prompt and continuation), completion, new_tokens.
    With --chat each line of input is a turn, answered up to a token that ends one or to
    --max-new-tokens; /reset begins a new conversation, the end of the input (Ctrl-D) ends it.
    --json then gives messages and new_tokens at the end.\
    """;
  }

  @Override
  public List<Section> settings() {
    return List.of(
        LoadedModel.SECTION,
        Section.of(
            "Text", PROMPT, DataOptions.SEPARATOR, MAX_NEW_TOKENS, TEMPERATURE, TOP_K, TOP_P, SEED),
        Section.of("Conversation", CHAT, SYSTEM, ChatOptions.CHAT_TEMPLATE, ChatOptions.CHAT_CLOCK),
        DataOptions.FRAME);
  }

  @Override
  public List<String> examples() {
    return List.of(
        "generate --model llama-1b --adapter run1 --prompt \"54 yo F with\" --max-new-tokens 80",
        "generate --model llama-1b --prompt \"Once\" --temperature 0 --json",
        "generate --model smollm2 --adapter run5 --chat --system \"Answer in one sentence.\"");
  }

  @Override
  public void run(Values values, Console console) {
    Sampling sampling = new Sampling(values.get(TEMPERATURE), values.get(TOP_K), values.get(TOP_P));
    int tokens = values.get(MAX_NEW_TOKENS);
    long seed = values.get(SEED);
    String prompt = values.get(PROMPT);
    values.refuseAlternatives(
        List.of(CHAT, PROMPT, DataOptions.SEPARATOR, DataOptions.BEGIN, DataOptions.END));
    for (Setting<?> of : List.of(SYSTEM, ChatOptions.CHAT_TEMPLATE, ChatOptions.CHAT_CLOCK)) {
      values.requireWith(of, CHAT);
    }
    try (LoadedModel loaded = LoadedModel.open(values, Purpose.PUBLIC)) {
      if (values.get(CHAT)) {
        ChatTemplate template = ChatTemplate.of(loaded.chatForm(values), loaded.tokenizer());
        ChatSession.Writing writing = new ChatSession.Writing(tokens, sampling, seed);
        new ChatSession(loaded, template, values.find(SYSTEM), writing, console).run();
        return;
      }
      String given = prompt.isEmpty() ? "" : prompt + loaded.frame().separator().orElse("");
      Continuation continuation = Continuation.of(loaded, given, tokens, sampling, seed);
      console.line(continuation.text());
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("text", continuation.text());
      fields.put("completion", continuation.completion());
      fields.put("new_tokens", continuation.newTokens());
      console.result(fields);
    }
  }
}
