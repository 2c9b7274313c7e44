package dev.sotto.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sotto.base.InputException;
import dev.sotto.data.Conversation;
import dev.sotto.template.Rendered;
import dev.sotto.template.Template;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Sixteen real chat templates: where the assistant's turns stand in what they write is what
 * transformers' own renderer says of it.
 */
class TurnCasesTest {
  private static final Path DIR = Path.of(System.getProperty("sotto.shared"), "data", "templates");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What ends a turn in the models that these templates belong to. */
  private static final List<String> END_MARKS =
      List.of("<|im_end|>", "<|end|>", "<｜end▁of▁sentence｜>", "<|endoftext|>", "</s>");

  @TestFactory
  Stream<DynamicTest> spans() throws IOException {
    assumeTrue(Files.isDirectory(DIR), "no templates in " + DIR);
    JsonNode conversations = JSON.readTree(DIR.resolve("conversations.json").toFile());
    List<Path> files;
    try (Stream<Path> all = Files.list(DIR)) {
      files = all.filter(file -> file.toString().endsWith(".jinja")).sorted().toList();
    }
    assertEquals(16, files.size());
    List<DynamicTest> tests = new ArrayList<>();
    int turns = 0;
    for (Path file : files) {
      String name = file.getFileName().toString().replace(".jinja", "");
      JsonNode cases = JSON.readTree(DIR.resolve(name + ".cases.json").toFile());
      Template template = Template.parse(Files.readString(file));
      for (JsonNode one : cases.path("cases")) {
        if (one.has("assistant_spans") && !one.has("kwargs")) {
          turns += one.path("assistant_spans").size();
          tests.add(
              DynamicTest.dynamicTest(
                  name + " " + one.path("id").asText(),
                  () -> check(template, cases, conversations.path(one.path("id").asText()), one)));
        }
      }
    }
    assertTrue(turns > 120, turns + " turns");
    return tests.stream();
  }

  private static void check(
      Template template, JsonNode cases, JsonNode conversation, JsonNode one) {
    Map<String, String> specials = new HashMap<>();
    cases
        .path("special_tokens")
        .properties()
        .forEach(token -> specials.put(token.getKey(), token.getValue().asText()));
    LocalDateTime now =
        LocalDateTime.parse(one.has("now") ? one.path("now").asText() : cases.path("now").asText());
    ChatTemplate chat = new ChatTemplate(template, specials, END_MARKS, now);
    boolean prompt = conversation.path("add_generation_prompt").asBoolean();
    if (isNowhere(one)) {
      InputException refused =
          assertThrows(InputException.class, () -> chat.text(conversation(conversation), prompt));
      assertTrue(
          refused.getMessage().startsWith("here: message 3 cannot be found in what"),
          refused.getMessage());
      return;
    }
    ChatText text = chat.text(conversation(conversation), prompt);
    String expected = one.path("expected").asText();
    assertEquals(expected, text.text());
    assertEquals(wanted(one, expected), text.learned());
  }

  /** Calls of tools alone, which are no content, in a template that writes them in two ways. */
  private static boolean isNowhere(JsonNode one) {
    for (JsonNode turn : one.path("assistant_spans")) {
      if (!turn.path("prefix_holds").asBoolean()
          && !turn.has("content")
          && !turn.has("turn_with_header")) {
        return true;
      }
    }
    return false;
  }

  /** What the template marks; else each turn; else its content and the end mark behind it. */
  private static List<Rendered.Span> wanted(JsonNode one, String text) {
    List<Rendered.Span> spans = new ArrayList<>();
    if (one.has("generation_spans")) {
      one.path("generation_spans").forEach(span -> spans.add(span(span)));
      return spans;
    }
    for (JsonNode turn : one.path("assistant_spans")) {
      if (turn.path("prefix_holds").asBoolean()) {
        spans.add(span(turn.path("turn")));
        continue;
      }
      if (!turn.has("content")) {
        // An empty answer: its end mark alone.
        int end = span(turn.path("turn_with_header")).end();
        assertTrue(text.startsWith(END_MARKS.get(2), end - END_MARKS.get(2).length()));
        spans.add(new Rendered.Span(end - END_MARKS.get(2).length(), end));
        continue;
      }
      Rendered.Span content = span(turn.path("content"));
      int mark =
          END_MARKS.stream()
              .filter(end -> text.startsWith(end, content.end()))
              .mapToInt(String::length)
              .max()
              .orElse(0);
      spans.add(new Rendered.Span(content.start(), content.end() + mark));
    }
    return spans;
  }

  private static Rendered.Span span(JsonNode span) {
    return new Rendered.Span(span.path("start_utf16").asInt(), span.path("end_utf16").asInt());
  }

  private static Conversation conversation(JsonNode conversation) {
    List<Conversation.Message> messages = new ArrayList<>();
    for (JsonNode message : conversation.path("messages")) {
      messages.add(new Conversation.Message(map(message), true));
    }
    Object tools = conversation.has("tools") ? value(conversation.path("tools")) : null;
    return new Conversation(messages, tools, "here");
  }

  private static Map<String, Object> map(JsonNode node) {
    Map<String, Object> map = new LinkedHashMap<>();
    node.properties().forEach(entry -> map.put(entry.getKey(), value(entry.getValue())));
    return map;
  }

  private static Object value(JsonNode node) {
    if (node.isObject()) {
      return map(node);
    } else if (node.isArray()) {
      List<Object> items = new ArrayList<>();
      node.forEach(item -> items.add(value(item)));
      return items;
    } else if (node.isTextual()) {
      return node.asText();
    } else if (node.isBoolean()) {
      return node.asBoolean();
    } else if (node.isIntegralNumber()) {
      return node.bigIntegerValue();
    }
    return node.isNull() ? null : (Object) node.asDouble();
  }
}
