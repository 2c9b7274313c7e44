package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What shells complete, asked of the shells themselves. */
class CompletionTest {
  @TempDir Path dir;

  private Path script(String shell) throws IOException {
    return Files.writeString(
        dir.resolve("sotto." + shell), CommandRun.of("completion", shell).succeeded().out());
  }

  private static List<String> lines(List<String> command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return Assumptions.abort("there is no " + command.get(0) + " to complete in");
    }
    String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), told);
    return told.lines().filter(line -> !line.isEmpty()).toList();
  }

  /** What bash offers for the last of some words. */
  private List<String> bash(String... words) throws Exception {
    return lines(
        List.of(
            "bash",
            "-c",
            ". %s; COMP_WORDS=(sotto %s); COMP_CWORD=%d; _sotto; printf '%%s\\n' \"${COMPREPLY[@]}\""
                .formatted(script("bash"), String.join(" ", words), words.length)));
  }

  @Test
  void bashOffersCommandsOptionsAndTheirWords() throws Exception {
    assertEquals(List.of("finetune"), bash("fine"));
    assertEquals(List.of("budget"), bash("bud"));
    assertEquals(List.of("create", "show", "close"), bash("budget", "''"));
    assertEquals(List.of("--ledger"), bash("budget", "close", "--led"));
    assertTrue(bash("finetune", "--").containsAll(Set.of("--model", "--epsilon", "--json")));
    assertEquals(List.of("classify"), bash("finetune", "--task", "cl"));
    assertEquals(List.of(), bash("finetune", "--model", "''"), "files, which the shell knows");
    assertEquals(List.of(), bash("nothing", "--"));
  }

  @Test
  void fishOffersTheSame() throws Exception {
    Path script = script("fish");
    String asked = "source " + script + "; complete -C '%s'";
    assertTrue(
        lines(List.of("fish", "-c", asked.formatted("sotto fine")))
            .get(0)
            .startsWith("finetune\t"));
    List<String> options = lines(List.of("fish", "-c", asked.formatted("sotto finetune --epsi")));
    assertEquals(1, options.size(), options.toString());
    assertTrue(options.get(0).startsWith("--epsilon"), options.toString());
    List<String> words = lines(List.of("fish", "-c", asked.formatted("sotto finetune --task cl")));
    assertEquals(List.of("classify"), words.stream().map(w -> w.split("\t")[0]).toList());
  }

  @Test
  void zshReadsItsOwn() throws Exception {
    Path script = script("zsh");
    List<String> bound =
        lines(
            List.of(
                "zsh",
                "-fc",
                "autoload -U compinit && compinit -u -d "
                    + dir.resolve("dump")
                    + "; source "
                    + script
                    + "; print $_comps[sotto]"));
    assertEquals(1, bound.size(), bound.toString());
    assertTrue(bound.get(0).contains("_sotto"), bound.toString());
  }

  @Test
  void aShellThatIsNotKnownIsRefused() {
    CommandRun.of("completion", "csh").refused("after 'completion' comes bash, zsh or fish");
    CommandRun.of("completion").refused("after 'completion' comes bash, zsh or fish");
    CommandRun.of("finetun").refused("did you mean 'finetune'?");
    assertFalse(CommandRun.of("xyzzyx").err().contains("did you mean"));
  }
}
