package dev.sotto.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
 * Real chat templates and one point of Jinja each, beside what transformers' own renderer made of
 * them: the same characters, or a refusal where it refused.
 */
class CasesTest {
  private static final Path DIR = Path.of(System.getProperty("sotto.shared"), "data", "templates");
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(com.fasterxml.jackson.databind.DeserializationFeature.USE_BIG_INTEGER_FOR_INTS);

  @TestFactory
  Stream<DynamicTest> snippets() throws IOException {
    assumeTrue(Files.isDirectory(DIR), "no templates in " + DIR);
    JsonNode file = JSON.readTree(DIR.resolve("snippets.json").toFile());
    LocalDateTime now = LocalDateTime.parse(file.path("now").asText());
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode one : file.path("cases")) {
      tests.add(
          DynamicTest.dynamicTest(
              one.path("id").asText(),
              () -> check(one.path("template").asText(), map(one.path("context")), now, one)));
    }
    assertEquals(224, tests.size());
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> realTemplates() throws IOException {
    assumeTrue(Files.isDirectory(DIR), "no templates in " + DIR);
    JsonNode conversations = JSON.readTree(DIR.resolve("conversations.json").toFile());
    List<Path> files;
    try (Stream<Path> all = Files.list(DIR)) {
      files = all.filter(file -> file.toString().endsWith(".jinja")).sorted().toList();
    }
    assertEquals(16, files.size());
    List<DynamicTest> tests = new ArrayList<>();
    for (Path file : files) {
      String name = file.getFileName().toString().replace(".jinja", "");
      JsonNode cases = JSON.readTree(DIR.resolve(name + ".cases.json").toFile());
      String source = Files.readString(file);
      for (JsonNode one : cases.path("cases")) {
        JsonNode conversation = conversations.path(one.path("id").asText());
        assertTrue(conversation.has("messages"), one.path("id").asText());
        LocalDateTime now =
            LocalDateTime.parse(
                one.has("now") ? one.path("now").asText() : cases.path("now").asText());
        tests.add(
            DynamicTest.dynamicTest(
                name + " " + one.path("id").asText(),
                () -> check(source, values(cases, conversation, one), now, one)));
      }
    }
    return tests.stream();
  }

  private static void check(
      String source, Map<String, Object> values, LocalDateTime now, JsonNode one) {
    if (one.has("expected")) {
      Rendered rendered = Template.parse(source).render(values, now);
      assertEquals(one.path("expected").asText(), rendered.text());
      if (one.has("generation_spans")) {
        List<String> spans = new ArrayList<>();
        for (JsonNode span : one.path("generation_spans")) {
          spans.add(span.path("start_utf16").asInt() + "-" + span.path("end_utf16").asInt());
        }
        assertEquals(
            spans, rendered.generated().stream().map(s -> s.start() + "-" + s.end()).toList());
      }
      return;
    }
    TemplateException refused =
        assertThrows(TemplateException.class, () -> Template.parse(source).render(values, now));
    assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
    if (one.path("error").path("kind").asText().equals("raise_exception")) {
      assertEquals(TemplateException.Cause.RAISED, refused.kind());
      assertEquals(one.path("error").path("message").asText(), refused.reason());
    }
  }

  /** What transformers gives a template. */
  private static Map<String, Object> values(JsonNode cases, JsonNode conversation, JsonNode one) {
    Map<String, Object> values = new HashMap<>(map(cases.path("special_tokens")));
    List<Object> messages = new ArrayList<>();
    for (JsonNode message : conversation.path("messages")) {
      Map<String, Object> kept = new LinkedHashMap<>(map(message));
      kept.values().removeIf(value -> value == null);
      messages.add(kept);
    }
    values.put("messages", messages);
    values.put("tools", conversation.has("tools") ? value(conversation.path("tools")) : null);
    values.put("documents", null);
    values.put("add_generation_prompt", conversation.path("add_generation_prompt").asBoolean());
    values.putAll(map(one.path("kwargs")));
    return values;
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
