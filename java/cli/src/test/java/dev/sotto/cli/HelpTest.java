package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the command says about itself. */
class HelpTest {
  @Test
  void listsEveryCommandWithoutArguments() {
    String overview = CommandRun.of().succeeded().out();
    assertEquals(overview, CommandRun.of("--help").succeeded().out());
    for (String command :
        new String[] {
          "finetune",
          "evaluate",
          "generate",
          "pretrain",
          "plan",
          "account",
          "budget create",
          "budget show",
          "budget close",
          "search-noise",
          "describe-noise",
          "doctor",
          "quickstart",
          "synthesize",
          "audit",
          "study"
        }) {
      assertTrue(overview.contains("\n  " + command + " "), command);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "finetune",
        "evaluate",
        "generate",
        "pretrain",
        "plan",
        "account",
        "budget create",
        "budget show",
        "budget close",
        "search-noise",
        "describe-noise",
        "doctor",
        "quickstart",
        "synthesize",
        "audit",
        "study"
      })
  void everyCommandHasHelpWithAnExample(String command) {
    String help = CommandRun.of((command + " --help").split(" ")).succeeded().out();
    assertTrue(help.startsWith("sotto " + command + ": "), help);
    assertTrue(help.contains("Usage: sotto " + command), help);
    assertTrue(help.matches("(?s).*Examples?:\n  sotto " + command + ".*"), help);
    assertTrue(help.contains("--json"), help);
    assertTrue(help.lines().allMatch(line -> line.length() <= 140), help);
  }

  @Test
  void tellsItsVersion() {
    String version = CommandRun.of("--version").succeeded().out();
    assertTrue(version.matches("sotto \\d+\\.\\d+\\.\\d+\\S*\\R"), version);
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    CommandRun.of("finetun").refused("unknown command 'finetun'", "sotto --help");
    CommandRun.of("--json", "plan").refused("unknown command '--json'", "comes first");
    CommandRun.of("plan", "--epsilo", "8").refused("'--epsilo'", "sotto plan --help");
    CommandRun.of("plan", "--epsilon").refused("--epsilon has no value", "sotto plan --help");
    CommandRun.of("budget").refused("after 'budget' comes create, show or close");
    CommandRun.of("budget", "shov").refused("after 'budget' comes create, show or close");
    CommandRun.of("plan", "8").refused("unexpected '8'", "sotto plan --help");
    CommandRun.of("plan", "--epsilon", "8", "--epsilon", "9").refused("--epsilon", "twice");
    CommandRun.of("evaluate").refused("--data is missing", "sotto evaluate --help");
  }

  @Test
  void showsTheStackOnRequestAlone() {
    String shown = CommandRun.of("account", "--ledger", "nowhere", "--stacktrace").err();
    assertTrue(shown.startsWith("sotto: ") && shown.contains("\tat dev.sotto"), shown);
  }
}
