package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A private file that is faulty, or named where another file belongs, is refused without a word of
 * it, even with the stack of the failure.
 */
class PrivateInputTest {
  private static final String SECRET = "Zanzibar";

  @TempDir Path work;
  private Path model;
  private List<Path> files;

  @BeforeEach
  void prepare() throws IOException {
    model = PretrainedModel.in(work);
    files =
        List.of(
            Files.writeString(work.resolve("a.csv"), SECRET + ",b\n" + SECRET + ",c\n"),
            Files.writeString(work.resolve("a.tsv"), SECRET + "\t" + SECRET + "\n"),
            Files.writeString(work.resolve("a.jsonl"), SECRET + "\n"),
            Files.writeString(work.resolve("a.json"), "[{\"" + SECRET + "\": 1}]"),
            Files.writeString(work.resolve("b.jsonl"), "{\"" + SECRET + "\": \"" + SECRET + "\"}"),
            Files.writeString(work.resolve("c.jsonl"), "{\"id\": \"" + SECRET + "\"} x"),
            Files.writeString(work.resolve("b.json"), "{\"format\": \"" + SECRET + "\""));
  }

  private CommandRun run(Path file, boolean showValues, String... args) {
    List<String> all = new ArrayList<>();
    for (String arg : args) {
      all.add(arg.equals("FILE") ? file.toString() : arg.equals("MODEL") ? model.toString() : arg);
    }
    all.add("--stacktrace");
    if (showValues) {
      all.add("--show-values");
    }
    return CommandRun.of(all);
  }

  private void keepsItToItself(String... args) {
    for (Path file : files) {
      CommandRun run = run(file, false, args);
      assertEquals(2, run.code(), run.err());
      assertFalse((run.out() + run.err()).contains(SECRET), String.join(" ", args) + run.err());
      assertTrue(run.err().contains(file.getFileName().toString()), run.err());
    }
  }

  @Test
  void asRecords() {
    String output = work.resolve("out").toString();
    keepsItToItself("finetune", "--model", "MODEL", "--train", "FILE", "--output", output);
    keepsItToItself("evaluate", "--model", "MODEL", "--data", "FILE");
    assertFalse(Files.exists(work.resolve("out")));
    for (Path file : files.subList(0, 5)) {
      CommandRun shown = run(file, true, "evaluate", "--model", "MODEL", "--data", "FILE");
      assertEquals(2, shown.code());
      assertTrue(shown.err().contains(SECRET), file + shown.err());
    }
  }

  @Test
  void whereAnotherFileBelongs() throws IOException {
    Path good = Files.writeString(work.resolve("good.csv"), "text\n" + "a fever\n".repeat(50));
    // One JSON object with unknown fields is taken for settings, whose names a message may give.
    files = files.stream().filter(file -> !file.endsWith("b.jsonl")).toList();
    String output = work.resolve("out").toString();
    List<String> base =
        List.of("finetune", "--model", "MODEL", "--train", good.toString(), "--output", output);
    for (List<String> more :
        List.of(
            List.of("--mechanism", "lmo", "--noise", "FILE"),
            List.of("--controller", "rldp", "--controller-from", "FILE", "--steps", "9"),
            List.of("--controller", "public-static", "--public-data", "FILE", "--steps", "9"),
            List.of("--validation", "FILE"))) {
      List<String> args = new ArrayList<>(base);
      args.addAll(more);
      keepsItToItself(args.toArray(String[]::new));
    }
    keepsItToItself("audit", "--model", "MODEL", "--adapter", "none", "--canaries", "FILE");
    keepsItToItself("account", "--ledger", "FILE");
    keepsItToItself("study", "--config", "FILE", "--output", output);
    keepsItToItself("describe-noise", "--noise", "FILE");
  }
}
