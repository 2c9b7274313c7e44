package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The launcher and the JVM that it starts, under accounts and locales that are not like the
 * author's. A {@code java} of the test's own takes the classes under test in place of the jar.
 */
class LauncherTest {
  private static final Path ROOT = Path.of(System.getProperty("sotto.root"));
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin/java").toString();

  @TempDir Path dir;
  private Path launcher;

  @BeforeEach
  void copyLauncher() throws IOException {
    Path home = Files.createDirectories(dir.resolve("checkout"));
    for (String name : List.of("native", "java/cli/target", "jdk/bin")) {
      Files.createDirectories(home.resolve(name));
    }
    for (String name : List.of("pom.xml", "CMakeLists.txt", "java/cli/target/sotto.jar")) {
      Files.createFile(home.resolve(name));
    }
    launcher = Files.copy(ROOT.resolve("sotto"), home.resolve("sotto"));
    Path java =
        Files.writeString(
            home.resolve("jdk/bin/java"),
            """
            #!/bin/sh
            if [ "$1" = -version ]; then exec '%1$s' -version; fi
            while [ "$1" != -jar ]; do options="$options $1"; shift; done
            shift 2
            exec '%1$s' $options -cp '%2$s' dev.sotto.cli.Sotto "$@"
            """
                .formatted(JAVA, System.getProperty("java.class.path")));
    for (Path file : List.of(launcher, java)) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  private CommandRun run(Map<String, String> environment, String javaOptions, String... args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(args));
    Path out = dir.resolve("out");
    Path err = dir.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.matches("LC_.*|LANG|LANGUAGE|SOTTO_.*"));
    builder.environment().put("JAVA_HOME", launcher.resolveSibling("jdk").toString());
    builder.environment().put("SOTTO_JAVA_OPTIONS", javaOptions);
    builder.environment().putAll(environment);
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    assertTrue(process.waitFor(120, TimeUnit.SECONDS));
    String stderr = Files.readString(err);
    // bash itself complains of a locale that is not installed, before the launcher can choose one.
    String own =
        stderr
            .lines()
            .filter(line -> !line.contains("warning: setlocale"))
            .map(line -> line + System.lineSeparator())
            .reduce("", String::concat);
    return new CommandRun(process.exitValue(), Files.readString(out), own);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "LC_ALL=xx_XX.UTF-8",
        "LC_ALL=C",
        "LANG=xx_XX.ISO-8859-1",
        "LC_CTYPE=",
        "LC_ALL=C.UTF-8"
      })
  void accentsSurviveWhateverTheLocale(String setting) throws Exception {
    String[] parts = setting.split("=", 2);
    Map<String, String> environment = Map.of(parts[0], parts[1]);
    run(environment, "", "evaluate", "--model", "/modèle", "--data", "données.jsonl")
        .refused("/modèle: is no directory");
    Path chart = dir.resolve("ε über Schritte.svg");
    CommandRun planned =
        run(
            environment,
            "",
            "plan",
            "--epsilon",
            "3",
            "--sampling-rate",
            "0.01",
            "--steps",
            "10",
            "--delta",
            "1e-5",
            "--chart",
            chart.toString());
    planned.succeeded();
    assertTrue(planned.out().contains(chart.toString()), planned.out());
    assertTrue(Files.exists(chart));
  }

  @Test
  void anAccountWithoutAHomeDirectoryIsServed() throws Exception {
    Path temporary = Files.createDirectory(dir.resolve("tmp"));
    CommandRun run =
        run(
            Map.of("HOME", "/nonexistent"),
            "-Duser.home=/nonexistent -Djava.io.tmpdir=" + temporary,
            "doctor",
            "--json");
    assertTrue(run.json().get("backend").asText().startsWith("cpu"), run.out());
    try (var left = Files.list(temporary)) {
      assertEquals(List.of(), left.toList(), "the fresh folder goes with the process");
    }
  }

  @Test
  void withNowhereToUnpackOneLineSaysSo() throws Exception {
    run(Map.of(), "-Duser.home=/nonexistent -Djava.io.tmpdir=/nonexistent/tmp", "doctor")
        .refused("/nonexistent/tmp", "temporary directory", "/nonexistent ", "SOTTO_CACHE");
    Path cache = dir.resolve("cache");
    run(
            Map.of("SOTTO_CACHE", cache.toString()),
            "-Duser.home=/nonexistent -Djava.io.tmpdir=/nonexistent/tmp",
            "doctor")
        .succeeded();
    assertTrue(Files.isDirectory(cache.resolve("javacpp")));
  }

  @Test
  void aCacheThatOthersCanWriteIsRefused() throws Exception {
    Path cache = Files.createDirectories(dir.resolve("cache/javacpp"));
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
    run(Map.of("SOTTO_CACHE", cache.getParent().toString()), "", "doctor")
        .refused(cache.toString(), "every account", "SOTTO_CACHE");
    try (var left = Files.list(cache)) {
      assertFalse(left.findAny().isPresent());
    }
  }

  @Test
  void aJarBuiltAnewGetsAnArchiveOfItsOwn() throws Exception {
    run(Map.of(), "", "--version").succeeded();
    String first = archive();
    run(Map.of(), "", "--version").succeeded();
    assertEquals(first, archive());
    Path jar = launcher.resolveSibling("java/cli/target/sotto.jar");
    Files.setLastModifiedTime(jar, FileTime.fromMillis(System.currentTimeMillis() + 10_000));
    run(Map.of(), "", "--version").succeeded();
    assertNotEquals(first, archive());
  }

  private String archive() throws IOException {
    try (var left = Files.list(launcher.resolveSibling("java/cli/target"))) {
      List<String> archives =
          left.map(file -> file.getFileName().toString()).filter(f -> f.contains("jsa")).toList();
      assertEquals(1, archives.size(), archives.toString());
      return archives.get(0);
    }
  }

  @Test
  void aReaderThatLeavesEndsItQuietly() throws IOException, InterruptedException {
    Path err = dir.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(launcher.toString(), "finetune", "--help");
    builder.environment().put("JAVA_HOME", launcher.resolveSibling("jdk").toString());
    Process process = builder.redirectError(err.toFile()).start();
    // Long before the JVM has started.
    process.getInputStream().close();
    assertTrue(process.waitFor(120, TimeUnit.SECONDS));
    assertEquals(141, process.exitValue());
    assertEquals("", Files.readString(err));
  }
}
