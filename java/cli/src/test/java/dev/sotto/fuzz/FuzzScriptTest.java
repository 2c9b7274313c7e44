package dev.sotto.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The script {@code fuzz} at the root: what it offers and what it refuses, before it builds
 * anything.
 */
class FuzzScriptTest {
  @Test
  void offersEveryReaderAndTheAbi() throws Exception {
    List<String> wanted =
        Stream.concat(Stream.of(FuzzTarget.values()).map(FuzzTarget::id), Stream.of("abi"))
            .sorted()
            .toList();
    assertEquals(wanted, run(0, "--list").lines().sorted().toList());
  }

  @Test
  void saysHowItIsUsed() throws Exception {
    assertTrue(run(0, "--help").startsWith("Usage: ./fuzz TARGET TIME"));
    assertEquals(run(0, "--help"), run(0));
  }

  @ParameterizedTest
  @CsvSource({
    "csv, give a target and a time",
    "csv 10x, '10x' is no time such as 30s",
    "csv m, 'm' is no time such as 30s",
    "csv 0m, '0m' is no time above 0",
    "nothing 10s, there is no target 'nothing'",
    "beside 10s, there is no target 'beside'",
    "--runs 5, --runs takes a number and a target",
    "--runs 1e6 csv, '1e6' is no number of inputs",
    "--runs 0 csv, '0' is no number of inputs",
    "--list csv, --list takes nothing more"
  })
  void refusesInOneLine(String arguments, String reason) throws Exception {
    String line = run(2, arguments.split(" "));
    assertTrue(line.startsWith("fuzz: " + reason), line);
    assertEquals(1, line.lines().count(), line);
  }

  private static String run(int exit, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("sh"));
    command.add(Path.of(System.getProperty("sotto.root", "../.."), "fuzz").toString());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(exit, process.waitFor(), output);
    return output;
  }
}
