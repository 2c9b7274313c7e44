package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.Json;
import dev.sotto.base.Sha256;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations from a file to an adapter, and at the terminal. */
class ChatCommandTest {
  private static final String TEMPLATE =
      """
      {{ strftime_now('%d') }}
      {% for m in messages %}
      {% if m.role == 'system' and not loop.first %}{{ raise_exception('No ' + m.content) }}{% endif %}
      {{ m.role[0] }}:{{ m.content }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}

      {% endfor %}
      {% if add_generation_prompt %}a:{% endif %}
      """;

  private static final String CHATS =
      """
      {"user": "a", "messages": [{"role": "user", "content": "Sun?"}, {"role": "assistant", "content": "The sun is out."}]}
      {"user": "b", "messages": [{"role": "user", "content": "Cat?"}, {"role": "assistant", "content": "It sat."}, {"role": "user", "content": "And?"}, {"role": "assistant", "content": "It ran."}]}
      {"user": "c", "messages": []}
      {"user": "d", "messages": [{"role": "user", "content": "Dog?"}, {"role": "assistant", "content": "It ran by.", "weight": 0}]}
      """;

  @TempDir static Path work;

  private static Path bare;
  private static Path model;
  private static Path chats;

  @BeforeAll
  static void prepare() throws IOException {
    bare = PretrainedModel.in(work);
    model = PretrainedModel.copy(bare, work.resolve("chatty"));
    Path config = model.resolve("tokenizer_config.json");
    ObjectNode root = (ObjectNode) Json.read(config, "");
    Files.write(config, Json.file(root.put("chat_template", TEMPLATE)));
    chats = PretrainedModel.write(work.resolve("chats.jsonl"), CHATS);
  }

  private static CommandRun finetune(Path train, Path output, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("--record-layout", "messages", "--privacy-unit", "user", "--epsilon", "8"));
    args.addAll(List.of(more));
    return ModelCommands.finetune(model, train, output, args.toArray(String[]::new));
  }

  private static JsonNode json(Path file) {
    return Json.read(file, "");
  }

  private static JsonNode evaluate(String... more) {
    List<String> args = new ArrayList<>(List.of("--record-layout", "messages"));
    args.addAll(List.of(more));
    return ModelCommands.evaluate(model, chats, args.toArray(String[]::new));
  }

  private static CommandRun chat(String input, String... more) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    List<String> args =
        new ArrayList<>(
            List.of("generate", "--model", model.toString(), "--chat", "--max-new-tokens", "5"));
    args.addAll(List.of(more));
    int code =
        Sotto.run(
            args.toArray(String[]::new),
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new CommandRun(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void aPrivateRunKeepsTemplateAndClockForAllThatReadItsAdapter() throws IOException {
    Path run = work.resolve("run");
    Path open = PretrainedModel.write(work.resolve("open.jsonl"), CHATS);
    finetune(chats, run, "--validation", open.toString(), "--chat-clock", "2026-07-26T09:05")
        .succeeded();
    JsonNode settings = json(run.resolve("settings.json"));
    assertEquals("messages", settings.path("record_layout").asText());
    assertEquals("2026-07-26T09:05", settings.path("chat_clock").asText());
    assertEquals(
        Sha256.hex(TEMPLATE.getBytes(StandardCharsets.UTF_8)),
        settings.path("chat_template").asText());
    // The unit without messages and the one without loss are units.
    assertEquals("4", settings.path("units").asText());
    JsonNode chat = json(run.resolve("sotto.json")).path("chat");
    assertEquals(TEMPLATE, chat.path("template").asText());
    assertEquals("2026-07-26T09:05", chat.path("clock").asText());
    List<String> ledger = Files.readAllLines(run.resolve("ledger.jsonl"));
    assertTrue(
        ledger
            .get(ledger.size() - 1)
            .contains("\"sotto.json\":\"" + Sha256.ofFile(run.resolve("sotto.json")) + "\""));
    try (Stream<Path> files = Files.list(run)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertFalse(bytes.contains("sun is out"), file.toString());
      }
    }

    // A text of the adapter's template and clock, though the model has none.
    int tokens = evaluate("--adapter", run.toString()).path("tokens").asInt();
    assertTrue(tokens > 0);
    JsonNode foreign =
        ModelCommands.evaluate(
            bare, chats, "--adapter", run.toString(), "--record-layout", "messages");
    assertEquals(evaluate("--adapter", run.toString()), foreign);
    CommandRun again =
        finetune(chats, run, "--validation", open.toString(), "--resume").succeeded();
    assertTrue(again.err().isEmpty() || !again.err().contains("sun"));
    finetune(
            chats,
            run,
            "--validation",
            open.toString(),
            "--resume",
            "--chat-clock",
            "2026-07-27T09:05")
        .refused("chat_clock = 2026-07-26T09:05", "2026-07-27T09:05");
  }

  @Test
  void aResumedRunGoesOnByTheClockItWasBegunWith() throws IOException {
    Path run = work.resolve("stopped");
    finetune(chats, run).succeeded();
    String clock = json(run.resolve("settings.json")).path("chat_clock").asText();
    assertEquals(19, clock.length(), clock);
    finetune(chats, run, "--resume").succeeded();
    assertEquals(clock, json(run.resolve("sotto.json")).path("chat").path("clock").asText());
    Path template = PretrainedModel.write(work.resolve("other.jinja"), TEMPLATE + "Bye");
    finetune(chats, run, "--resume", "--chat-template", template.toString())
        .refused("chat_template = ");
  }

  @Test
  void theAssistantsTurnsAloneAreScored() throws IOException {
    int tokens = evaluate().path("tokens").asInt();
    assertEquals(4, evaluate().path("records").asInt());
    Path without =
        PretrainedModel.write(
            work.resolve("without.jsonl"),
            CHATS.replace("It ran.\"}", "It ran.\", \"weight\": 0}"));
    int fewer =
        ModelCommands.evaluate(model, without, "--record-layout", "messages")
            .path("tokens")
            .asInt();
    assertTrue(fewer > 0 && fewer < tokens, fewer + " of " + tokens);
  }

  @Test
  void otherLayoutsTrainToo() throws IOException {
    Path pairs =
        PretrainedModel.write(
            work.resolve("alpaca.jsonl"),
            "{\"instruction\": \"Say\", \"input\": \"it\", \"output\": \"The sun.\"}\n".repeat(3));
    ModelCommands.finetune(
            model,
            pairs,
            work.resolve("alpaca"),
            "--record-layout",
            "instruction",
            "--epsilon",
            "8")
        .succeeded();
    ModelCommands.finetune(
            model,
            pairs,
            work.resolve("dry"),
            "--record-layout",
            "instruction",
            "--epsilon",
            "8",
            "--dry-run")
        .succeeded();
    assertFalse(Files.exists(work.resolve("dry")));
  }

  @Test
  void aConversationIsHeldThroughAPipe() {
    JsonNode held =
        chat("The sun?\n\n/reset\nThe cat?\nAnd?\n", "--system", "Be kind.", "--json").json();
    assertEquals(
        List.of("system", "user", "assistant", "system", "user", "assistant", "user", "assistant"),
        held.path("messages").findValuesAsText("role"));
    assertTrue(held.path("new_tokens").asInt() <= 15);
    CommandRun spoken = chat("The sun?\n").succeeded();
    assertFalse(spoken.out().contains("> "), spoken.out());
    assertEquals(spoken, chat("The sun?"));
    assertEquals("", chat("").succeeded().out());
  }

  @Test
  void aConversationUsesTheAdaptersTemplate() throws IOException {
    Path template = PretrainedModel.write(work.resolve("upper.jinja"), TEMPLATE);
    Path run = work.resolve("upper");
    finetune(chats, run, "--chat-template", template.toString()).succeeded();
    assertEquals(TEMPLATE, json(run.resolve("sotto.json")).path("chat").path("template").asText());
    Path broken = PretrainedModel.write(work.resolve("raise.jinja"), "{{ raise_exception('no') }}");
    chat("Hello\n", "--adapter", run.toString()).succeeded();
    chat("Hello\n", "--adapter", run.toString(), "--chat-template", broken.toString())
        .refused("line 1 of the template", "no");
  }

  @Test
  void badInputIsOneLineAndSpendsNothing() throws IOException {
    Path never = work.resolve("never");
    Path refused =
        PretrainedModel.write(
            work.resolve("refused.jsonl"),
            CHATS
                + "{\"user\": \"e\", \"messages\": [{\"role\": \"user\", \"content\": \"a\"},"
                + " {\"role\": \"system\", \"content\": \"SECRET\"}]}\n");
    finetune(refused, never)
        .refused("refused.jsonl: line 5: the conversation is refused", "line 3 of the template");
    assertFalse(finetune(refused, never).err().contains("SECRET"));
    assertTrue(finetune(refused, never, "--show-values").err().contains("SECRET"));
    Path broken =
        PretrainedModel.write(work.resolve("broken.jinja"), "{% for m in messages %}\n{{ m");
    finetune(chats, never, "--chat-template", broken.toString())
        .refused("chat template cannot be used", "line 2 of the template");
    finetune(chats, never, "--chat-template", work.resolve("none.jinja").toString())
        .refused("none.jinja", "no such file");
    finetune(chats, never, "--chat-clock", "noon").refused("--chat-clock 'noon' is not a time");
    finetune(chats, never, "--text-column", "user").refused("--text-column", "--record-layout");
    finetune(chats, never, "--begin", "on").refused("--begin", "--record-layout");
    finetune(chats, never, "--label-column", "user").refused("--record-layout");
    ModelCommands.finetune(bare, chats, never, "--record-layout", "messages", "--epsilon", "8")
        .refused("the model has no chat template", "--chat-template FILE");
    ModelCommands.finetune(model, chats, never, "--chat-template", broken.toString())
        .refused("--chat-template goes with --record-layout");
    ModelCommands.finetune(model, chats, never, "--record-layout", "sharegpt")
        .refused("chats.jsonl: line 1: has no field 'conversations'");
    Path sharegpt =
        PretrainedModel.write(
            work.resolve("sharegpt.jsonl"),
            "{\"conversations\": [{\"from\": \"SECRET\", \"value\": \"a\"}]}\n");
    CommandRun unknown =
        ModelCommands.finetune(model, sharegpt, never, "--record-layout", "sharegpt");
    unknown.refused("sharegpt.jsonl: line 1: message 1: field 'from' is none of");
    assertFalse(unknown.err().contains("SECRET"));
    CommandRun.of(
            "evaluate",
            "--model",
            model.toString(),
            "--data",
            chats.toString(),
            "--chat-clock",
            "1")
        .refused("--chat-clock goes with --record-layout");
    CommandRun.of("generate", "--model", model.toString(), "--chat", "--prompt", "a")
        .refused("--prompt and --chat exclude each other");
    CommandRun.of("generate", "--model", model.toString(), "--system", "a")
        .refused("--system goes with --chat");
    CommandRun.of("generate", "--model", bare.toString(), "--chat")
        .refused("the model has no chat template");
    assertFalse(Files.exists(never));
  }
}
