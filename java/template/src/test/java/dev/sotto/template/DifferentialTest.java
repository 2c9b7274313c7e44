package dev.sotto.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Templates at random beside Python's jinja2: what both render is the same, and what Python refuses
 * is refused. Runs where a Python with jinja2 is found: property {@code sotto.python}, environment
 * SOTTO_PYTHON, or {@code python3}.
 */
class DifferentialTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TEMPLATES = Integer.getInteger("sotto.templates", 1500);
  private static final LocalDateTime NOW = LocalDateTime.parse("2024-07-26T09:05:03");

  @TempDir Path dir;

  @Test
  void templatesAtRandomRenderAsInPython() throws Exception {
    RandomTemplates random = new RandomTemplates(Long.getLong("sotto.templates.seed", 1));
    List<String> templates = new ArrayList<>();
    for (int i = 0; i < TEMPLATES; i++) {
      templates.add(random.template());
    }
    JsonNode answers =
        ask(
            Map.of(
                "now", NOW.toString(), "context", RandomTemplates.CONTEXT, "templates", templates));
    List<String> differences = new ArrayList<>();
    int rendered = 0;
    int unsupported = 0;
    for (int i = 0; i < TEMPLATES; i++) {
      JsonNode answer = answers.get(i);
      String ours;
      try {
        ours =
            "text: " + Template.parse(templates.get(i)).render(RandomTemplates.CONTEXT, NOW).text();
      } catch (TemplateException refused) {
        ours =
            refused.reason().endsWith("is not supported")
                ? "unsupported"
                : "error: " + refused.getMessage();
      }
      String theirs =
          answer.has("text")
              ? "text: " + answer.get("text").asText()
              : "error: " + answer.get("error").asText();
      rendered += answer.has("text") ? 1 : 0;
      unsupported += ours.equals("unsupported") ? 1 : 0;
      boolean bothRefuse = !answer.has("text") && !ours.startsWith("text: ");
      // Where an object is printed Python prints its address.
      boolean address = theirs.matches("(?is).* .t 0x[0-9a-f]+>.*");
      // Jinja knows all names of filters before it renders, here they are looked for when they are
      // used.
      boolean unknown = theirs.startsWith("error: TemplateAssertionError");
      // A slice of a literal number is worked out before rendering, when it is no error yet.
      boolean literal = ours.endsWith("object is not subscriptable");
      if (!ours.equals(theirs)
          && !bothRefuse
          && !ours.equals("unsupported")
          && !address
          && !unknown
          && !literal) {
        differences.add(
            JSON.writeValueAsString(templates.get(i))
                + "\n  theirs "
                + JSON.writeValueAsString(theirs)
                + "\n  ours   "
                + JSON.writeValueAsString(ours));
      }
    }
    System.out.println(
        TEMPLATES
            + " templates, "
            + rendered
            + " rendered by jinja2, "
            + unsupported
            + " not supported here");
    differences.sort(Comparator.comparing(String::length));
    assertEquals(
        List.of(),
        differences.subList(0, Math.min(4, differences.size())),
        differences.size() + " differ");
    assertTrue(rendered > TEMPLATES / 4, rendered + " of them rendered");
    assertTrue(unsupported < TEMPLATES / 20, unsupported + " of them not supported");
  }

  private JsonNode ask(Map<String, Object> request) throws IOException, InterruptedException {
    String python =
        System.getProperty("sotto.python", System.getenv().getOrDefault("SOTTO_PYTHON", "python3"));
    Path script = dir.resolve("jinja_render.py");
    try (InputStream resource = DifferentialTest.class.getResourceAsStream("/jinja_render.py")) {
      Files.copy(resource, script);
    }
    Path asked = dir.resolve("asked.json");
    Path told = dir.resolve("told.json");
    Path said = dir.resolve("said.txt");
    JSON.writeValue(asked.toFile(), request);
    Process process;
    try {
      process =
          new ProcessBuilder(python, script.toString())
              .redirectInput(asked.toFile())
              .redirectOutput(told.toFile())
              .redirectError(said.toFile())
              .start();
    } catch (IOException absent) {
      return abort("there is no " + python);
    }
    int exit = process.waitFor();
    String errors = Files.readString(said);
    assumeTrue(!errors.contains("No module named 'jinja2'"), python + " has no jinja2");
    assertEquals(0, exit, errors);
    return JSON.readTree(told.toFile());
  }
}
