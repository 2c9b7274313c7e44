package dev.sotto.compute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The trainer of {@code examples/linking-the-core} builds on the core alone and prints what its
 * page says.
 */
class LinkingExampleTest {
  private static final Path EXAMPLE =
      Path.of(System.getProperty("sotto.root"), "examples/linking-the-core");

  /** A number differs from run to run only where it was drawn. */
  private static final Pattern DRAWN = Pattern.compile("gradient\\[0] = [+-][0-9.]+");

  @Test
  void printsWhatItsPageSays(@TempDir Path classes) throws Exception {
    String path = System.getProperty("java.class.path");
    Path source = EXAMPLE.resolve("src/main/java/dev/sotto/examples/Main.java");
    ByteArrayOutputStream complaints = new ByteArrayOutputStream();
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                complaints,
                complaints,
                "-Xlint:all,-path",
                "-Werror",
                "--release",
                "17",
                "-proc:none",
                "-cp",
                path,
                "-d",
                classes.toString(),
                source.toString());
    assertEquals(0, compiled, complaints.toString(StandardCharsets.UTF_8));

    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Dorg.bytedeco.javacpp.cachedir="
                    + System.getProperty("org.bytedeco.javacpp.cachedir"),
                "-cp",
                path + ":" + classes,
                "dev.sotto.examples.Main")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), out);
    assertEquals(page(), withoutDraws(out));
  }

  /** The lines of the page that show what is printed. */
  private static List<String> page() throws Exception {
    List<String> shown =
        withoutDraws(Files.readString(EXAMPLE.resolve("README.md"))).stream()
            .filter(
                line ->
                    line.startsWith("    ") && line.contains(" epsilon ")
                        || line.startsWith("    noise"))
            .map(String::strip)
            .toList();
    assertEquals(5, shown.size());
    return shown;
  }

  private static List<String> withoutDraws(String text) {
    return DRAWN.matcher(text).replaceAll("gradient").lines().toList();
  }

  @Test
  void needsTheCoreAndNothingElse() throws Exception {
    String pom = Files.readString(EXAMPLE.resolve("pom.xml"));
    assertEquals(1, pom.split("<dependency>", -1).length - 1);
    assertTrue(pom.contains("<artifactId>sotto-core</artifactId>"));
    String version = "<version>([^<]+)</version>";
    Pattern core = Pattern.compile("<artifactId>sotto-core</artifactId>\\s*" + version);
    Pattern parent = Pattern.compile("<artifactId>sotto-parent</artifactId>\\s*" + version);
    String reactor = Files.readString(Path.of(System.getProperty("sotto.root"), "pom.xml"));
    assertEquals(first(parent, reactor), first(core, pom));
  }

  private static String first(Pattern pattern, String text) {
    return pattern.matcher(text).results().findFirst().orElseThrow().group(1);
  }
}
