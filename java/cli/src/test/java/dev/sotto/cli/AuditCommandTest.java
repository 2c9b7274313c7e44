package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.data.synthetic.Canaries;
import dev.sotto.data.synthetic.Canary;
import dev.sotto.data.synthetic.SecretSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditCommandTest {
  private static final List<String> JSON_FIELDS =
      List.of(
          "planted",
          "extracted",
          "jaccard",
          "exposure",
          "unplanted",
          "unplanted_extracted",
          "unplanted_jaccard",
          "unplanted_exposure",
          "epsilon_at_least",
          "delta",
          "confidence",
          "guesses",
          "correct");

  @TempDir static Path work;
  static Path model;
  static Path notes;
  static Path adapter;
  static Path canaries;

  /** An adapter of two steps, which knows nothing, and canaries it has not seen. */
  @BeforeAll
  static void makeAnAdapter() {
    model = PretrainedModel.in(work);
    notes = PretrainedModel.notes(work);
    adapter = work.resolve("run");
    CommandRun.of(
            "finetune",
            "--model",
            model.toString(),
            "--train",
            notes.toString(),
            "--batch-size",
            "5",
            "--steps",
            "2",
            "--max-length",
            "48",
            "--output",
            adapter.toString())
        .succeeded();
    canaries = work.resolve("canaries.jsonl");
    List<Canary> made =
        Canaries.generate(16, new SecretSpace(3), 1).stream()
            .map(c -> new Canary(c.id(), "code of " + c.id(), c.secret(), c.planted(), c.space()))
            .toList();
    Canaries.write(canaries, made);
  }

  private static CommandRun audit(String... more) {
    List<String> args = new ArrayList<>(List.of("audit", "--model", model.toString()));
    if (!List.of(more).contains("--adapter")) {
      args.addAll(List.of("--adapter", adapter.toString()));
    }
    if (!List.of(more).contains("--canaries")) {
      args.addAll(List.of("--canaries", canaries.toString()));
    }
    if (!List.of(more).contains("--alternatives")) {
      args.addAll(List.of("--alternatives", "20"));
    }
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  @Test
  void canariesAreAskedForAndSaved() throws IOException {
    Path output = work.resolve("found.jsonl");
    JsonNode result = audit("--json", "--output", output.toString()).json();
    List<String> names = new ArrayList<>();
    result.fieldNames().forEachRemaining(names::add);
    assertEquals(JSON_FIELDS, names);
    assertEquals(16, result.get("planted").asInt() + result.get("unplanted").asInt());
    assertEquals(1e-6, result.get("delta").asDouble());
    List<String> lines = Files.readAllLines(output);
    assertEquals(16, lines.size());
    assertTrue(lines.get(0).contains("\"exposure\":"), lines.get(0));
    String table = audit().succeeded().out();
    assertTrue(table.contains("epsilon at least "), table);
    assertTrue(table.contains("exposure, bits"), table);
    assertFalse(table.contains("UNSAFE"), table);
  }

  @Test
  void membershipIsPrintedOnlyWhenAskedForAndNeverSaved() throws IOException {
    Path output = work.resolve("unsafe.jsonl");
    CommandRun run =
        audit(
            "--members",
            notes.toString(),
            "--non-members",
            notes.toString(),
            "--unsafe-diagnostics",
            "--output",
            output.toString());
    run.succeeded();
    assertTrue(run.err().contains("UNSAFE: exact results on private records"), run.err());
    List<String> shown = run.out().lines().filter(l -> l.startsWith("UNSAFE member")).toList();
    assertEquals(2, shown.size(), run.out());
    // The same file twice: nothing can be told.
    shown.forEach(line -> assertTrue(line.contains("AUC 0.5 ("), line));
    assertFalse(Files.readString(output).toLowerCase(Locale.ROOT).contains("auc"));
    assertFalse(Files.readString(output).contains("unsafe"));
    audit("--members", notes.toString(), "--non-members", notes.toString())
        .refused("--members", "--unsafe-diagnostics");
    audit("--members", notes.toString(), "--unsafe-diagnostics").refused("--non-members");
    audit("--unsafe-diagnostics").refused("--unsafe-diagnostics", "--members");
  }

  @Test
  void badInputIsOneLine() throws IOException {
    CommandRun.of("audit", "--model", model.toString(), "--canaries", canaries.toString())
        .refused("--adapter is missing");
    CommandRun.of("audit", "--model", model.toString(), "--adapter", adapter.toString())
        .refused("--canaries is missing");
    audit("--canaries", work.resolve("none.jsonl").toString()).refused("none.jsonl", "no such");
    audit("--canaries", notes.toString()).refused("notes.csv", "line 1");
    Path planted = work.resolve("planted.jsonl");
    Files.writeString(
        planted,
        Files.readAllLines(canaries).stream()
            .filter(line -> line.contains("\"planted\":true"))
            .collect(Collectors.joining("\n")));
    audit("--canaries", planted.toString()).refused("planted.jsonl", "planted ones and others");
    audit("--adapter", work.resolve("noadapter").toString()).refused("noadapter");
    audit("--alternatives", "0").refused("--alternatives 0");
    audit("--delta", "1").refused("--delta 1");
    audit("--confidence", "1").refused("--confidence 1");
    audit("--output", work.resolve("x.csv").toString()).refused("--output", ".jsonl");
    audit("--output", canaries.toString()).refused("canaries.jsonl", "exists already");
    Path one = Files.writeString(work.resolve("one.csv"), "text\na b c\n");
    audit(
            "--members",
            one.toString(),
            "--non-members",
            notes.toString(),
            "--unsafe-diagnostics",
            "--json")
        .refused("one.csv", "one record");
  }
}
