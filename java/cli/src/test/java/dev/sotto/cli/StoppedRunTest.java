package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.plan.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of a run that was stopped, resumed without its checkpoint, or seeded. */
class StoppedRunTest {
  @TempDir static Path work;
  static Path model;
  static Path notes;

  @BeforeAll
  static void makeModelAndNotes() {
    model = PretrainedModel.in(work);
    notes = PretrainedModel.notes(work);
  }

  private static CommandRun finetune(Path output, String... more) {
    return ModelCommands.finetune(model, notes, output, more);
  }

  @Test
  void whatToDoFollowsFromWhatIsThere() throws IOException {
    Path output = work.resolve("said");
    RunDirectory directory = new RunDirectory(output);
    assertEquals("", StoppedRun.words(directory));
    Files.createDirectories(output.resolve("private"));
    Files.createFile(output.resolve("settings.json"));
    assertTrue(
        StoppedRun.words(directory).startsWith("stopped before the first checkpoint; the same"));
    Files.createFile(output.resolve("private/training_state.safetensors"));
    assertEquals(
        "stopped; the same command with --resume goes on from the last checkpoint",
        StoppedRun.words(directory));
  }

  @Test
  void aSignalIsAnsweredWithHowToGoOn() throws IOException, InterruptedException {
    Path output = work.resolve("signalled");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Sotto.class.getName()));
    command.addAll(
        ("finetune --model %s --train %s --output %s --batch-size 2 --steps 1000000"
                + " --max-length 32 --checkpoint-every 1")
            .formatted(model, notes, output)
            .lines()
            .flatMap(line -> List.of(line.split(" ")).stream())
            .toList());
    Path err = work.resolve("signalled.err");
    Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
    try {
      Path state = output.resolve("private/training_state.safetensors");
      for (int i = 0; i < 1200 && !Files.exists(state) && process.isAlive(); i++) {
        Thread.sleep(50);
      }
      assertTrue(Files.exists(state), Files.readString(err));
      process.destroy();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    } finally {
      process.destroyForcibly();
    }
    assertEquals(143, process.exitValue());
    List<String> said = Files.readString(err).lines().filter(l -> l.startsWith("sotto: ")).toList();
    assertEquals(
        List.of("sotto: stopped; the same command with --resume goes on from the last checkpoint"),
        said);
  }

  @Test
  void aLostCheckpointIsSaid() throws IOException {
    Path output = work.resolve("lost");
    CommandRun first = finetune(output).succeeded();
    assertFalse(first.err().contains("checkpoint"), first.err());
    Files.delete(output.resolve("private/training_state.safetensors"));
    String err = finetune(output, "--resume").succeeded().err();
    assertTrue(
        err.contains(
            "checkpoint there is none: training begins again from the start. 2 steps of 2 stay"
                + " charged, and what they taught is lost: no step is left, so the adapter will"
                + " hold nothing that was learned"),
        err);
  }

  @Test
  void whatSottoWroteItselfIsNotFetchedAgain() throws IOException {
    Path output = work.resolve("damaged");
    finetune(output).succeeded();
    Path state = output.resolve("private/training_state.safetensors");
    Path adapter = output.resolve("adapter_model.safetensors");
    for (Path file : List.of(state, adapter)) {
      Files.write(file, new byte[] {1, 2, 3}, StandardOpenOption.APPEND);
    }
    finetune(output, "--resume")
        .refused(
            state + ": the tensors cover",
            "bring back a whole copy, or delete it: training then begins again, and what was");
    CommandRun.of(
            "account",
            "--ledger",
            output.resolve("ledger.jsonl").toString(),
            "--adapter",
            output.toString())
        .refused(adapter + ": the tensors cover", "the file is damaged, bring back a whole copy");
  }

  @Test
  void thatNothingIsGuaranteedComesFirst() {
    Path output = work.resolve("seeded");
    String out = finetune(output, "--insecure-test-seed", "7").succeeded().out();
    assertTrue(out.startsWith("NO GUARANTEE  sampling and noise came from a fixed test seed"), out);
    String ledger = output.resolve("ledger.jsonl").toString();
    String account = CommandRun.of("account", "--ledger", ledger).succeeded().out();
    assertTrue(account.startsWith("NO GUARANTEE "), account);
    assertTrue(
        CommandRun.of("account", "--ledger", ledger, "--json").json().get("seeded").asBoolean());
    Path other = work.resolve("seeded-too");
    assertEquals(
        "none",
        finetune(other, "--insecure-test-seed", "8", "--json").json().get("guarantee").asText());
    String both =
        CommandRun.of("account", "--ledger", ledger, "--ledger", other + "/ledger.jsonl")
            .succeeded()
            .out();
    assertTrue(both.startsWith("NO GUARANTEE "), both);
  }

  @Test
  void oneStepIsNotSeveral() throws IOException {
    Path output = work.resolve("one");
    CommandRun.of(
            "finetune --model %s --train %s --output %s --batch-size 2 --steps 1 --max-length 32"
                .formatted(model, notes, output)
                .split(" "))
        .succeeded();
    String account =
        CommandRun.of("account", "--ledger", output.resolve("ledger.jsonl").toString())
            .succeeded()
            .out();
    assertTrue(account.contains("with gaussian noise for 1 step\n"), account);
    assertTrue(account.contains("1 step, 1 of them released; resumed 0 times"), account);
    String page = Files.readString(output.resolve("report.md"));
    assertTrue(page.contains("(ε, δ) = (8, 1e-5) after 1 step, for adding"), page);
    assertTrue(page.contains("| max_blocks_per_unit | all |"), page);
    assertTrue(page.contains("| delta | 1e-5 |") && page.contains("| alpha | 16 |"), page);
    assertFalse(
        page.contains("null") || page.contains("2147483647") || page.contains(".0 |"), page);
  }
}
