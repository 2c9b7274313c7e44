package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text is UTF-8 whatever the locale says. */
class ForeignLocaleTest {
  @TempDir Path work;

  @Test
  void accentsAreReadAndWrittenInALocaleWithoutThem() throws IOException, InterruptedException {
    Path model = PretrainedModel.in(work);
    Path data =
        Files.writeString(work.resolve("a.jsonl"), "{\"note\": \"\u00e9t\u00e9 \u03b5\"}\n");
    List<String> args =
        List.of(
            "evaluate", "--model", model.toString(), "--data", data.toString(), "--show-values");
    String here = CommandRun.of(args).err();
    List<String> java = new ArrayList<>();
    java.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    java.addAll(List.of("-Dfile.encoding=US-ASCII", "-Duser.language=de", "-Duser.country=DE"));
    java.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.sotto.cli.Sotto"));
    java.addAll(args);
    assertEquals(here, said(java));
    assertTrue(here.contains("has no field 'text'"), here);
    java.addAll(List.of("--text-column", "note", "--json"));
    List<String> more = new ArrayList<>(args);
    more.addAll(List.of("--text-column", "note", "--json"));
    double nats = CommandRun.of(more).json().get("nats_per_token").asDouble();
    String json = said(java).lines().filter(line -> line.startsWith("{")).findFirst().orElse("");
    assertEquals(nats, new JsonMapper().readTree(json).get("nats_per_token").asDouble());
  }

  private static String said(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "de_DE.UTF-8");
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said;
  }
}
