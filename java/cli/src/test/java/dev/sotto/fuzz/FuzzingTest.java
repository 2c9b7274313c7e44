package dev.sotto.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Fuzzes the readers in a Java process of its own, beginning with the inputs in the tree: all in
 * one process for a short while, or, as the script {@code fuzz} at the root asks, one or each for
 * longer.
 */
class FuzzingTest {
  /** A target, {@code all} one after the other, or {@link ReaderFuzzer#TOGETHER}. */
  private static final String WHAT = System.getProperty("sotto.fuzz.what", ReaderFuzzer.TOGETHER);

  /** What Jazzer and libFuzzer get: how long, or how many inputs. */
  private static final String LIMIT = System.getProperty("sotto.fuzz.limit", "-max_total_time=40");

  /** Where the fuzzer sees which way an input took. */
  private static final String WATCHED = "dev.sotto.**:com.fasterxml.jackson.core.json.**";

  /** Jazzer's own detectors are for web servers; they slow the start and find nothing here. */
  private static final String DETECTORS =
      Stream.of(
              "ClojureLangHooks",
              "Deserialization",
              "ExpressionLanguageInjection",
              "LdapInjection",
              "NamingContextLookup",
              "OsCommandInjection",
              "ReflectiveCall",
              "RegexInjection",
              "RegexRoadblocks",
              "ScriptEngineInjection",
              "ServerSideRequestForgery",
              "SqlInjection",
              "XPathInjection")
          .map(name -> "com.code_intelligence.jazzer.sanitizers." + name)
          .reduce((a, b) -> a + ":" + b)
          .orElseThrow();

  /** Enough for a stack of calls and the input in base 64. */
  private static final int LINES = 60;

  private static final int LONGEST_LINE = 8000;

  @Test
  void noReaderFailsOtherwiseThanInOneLine() throws Exception {
    List<String> names =
        WHAT.equals("all")
            ? Stream.of(FuzzTarget.values()).map(FuzzTarget::id).toList()
            : List.of(WHAT);
    List<String> failed = new ArrayList<>();
    for (String name : names) {
      Path work = Path.of("target", "fuzz", name).toAbsolutePath();
      Path log = work.resolve("log.txt");
      int exit = fuzz(name, work, log);
      System.out.println("fuzzed " + name + ": " + summary(log));
      if (exit != 0) {
        failed.add(name + ", exit code " + exit + ", in " + log + ":\n" + finding(log));
      }
    }
    assertEquals(List.of(), failed, "readers that failed otherwise than in one line");
  }

  private static int fuzz(String name, Path work, Path log)
      throws IOException, InterruptedException {
    Files.createDirectories(work.resolve("corpus"));
    // libFuzzer judges memory by the peak since the process was forked, and the fork of a process
    // as large as this one begins with its peak. The shell forks again.
    List<String> command = new ArrayList<>(List.of("sh", "-c", "\"$@\"; exit $?", "sh"));
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(List.of("-Xmx768m", "-XX:+UseSerialGC", "-Xshare:off"));
    // A refusal costs a third of an input's time with the whole stack of calls in it.
    command.add("-XX:MaxJavaStackTraceDepth=24");
    if (name.equals(ReaderFuzzer.TOGETHER)) {
      command.add("-XX:TieredStopAtLevel=1");
    }
    for (String property :
        List.of("org.bytedeco.javacpp.cachedir", "ai.djl.offline", "sotto.root")) {
      if (System.getProperty(property) != null) {
        command.add("-D" + property + "=" + System.getProperty(property));
      }
    }
    command.add("-Dsotto.fuzz.target=" + name);
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add("com.code_intelligence.jazzer.Jazzer");
    command.add("--target_class=" + ReaderFuzzer.class.getName());
    command.add("--instrumentation_includes=" + WATCHED);
    command.add("--custom_hook_includes=" + WATCHED);
    command.add("--disabled_hooks=" + DETECTORS);
    command.add("-artifact_prefix=" + work + "/");
    command.add("--reproducer_path=" + work);
    command.addAll(List.of("-timeout=120", "-rss_limit_mb=2500", "-seed=1", LIMIT));
    command.add(work.resolve("corpus").toString());
    command.add(seeds(name, work).toString());
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    return process.waitFor();
  }

  /** The inputs in the tree; for all readers together with a first byte that says whose. */
  private static Path seeds(String name, Path work) throws IOException {
    if (!name.equals(ReaderFuzzer.TOGETHER)) {
      return FuzzInputs.of(FuzzTarget.of(name)).toAbsolutePath();
    }
    Path seeds = Files.createDirectories(work.resolve("seeds"));
    for (FuzzTarget target : FuzzTarget.values()) {
      for (Path file : FuzzInputs.files(target)) {
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.write(target.ordinal());
        input.write(Files.readAllBytes(file));
        Files.write(seeds.resolve(target.id() + "-" + file.getFileName()), input.toByteArray());
      }
    }
    return seeds;
  }

  /** What the log says beside libFuzzer's progress and its words: the fault and its input. */
  private static String finding(Path log) throws IOException {
    List<String> lines =
        Files.readAllLines(log, StandardCharsets.ISO_8859_1).stream()
            .filter(line -> !line.matches("(?s)(#|INFO: |\").*"))
            .map(line -> line.substring(0, Math.min(line.length(), LONGEST_LINE)))
            .toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES), lines.size()));
  }

  /** The last line of libFuzzer's progress. */
  private static String summary(Path log) throws IOException {
    return Files.readAllLines(log, StandardCharsets.ISO_8859_1).stream()
        .filter(line -> line.matches("#\\d.*") || line.startsWith("== "))
        .reduce((a, b) -> b)
        .orElse("nothing ran");
  }
}
