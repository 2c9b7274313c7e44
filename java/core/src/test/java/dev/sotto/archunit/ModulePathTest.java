package dev.sotto.archunit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a trainer in a module of its own can do with the core, and what it cannot. */
class ModulePathTest {
  /** The core and what it requires, as a trainer would put them on its module path. */
  private static final String MODULE_PATH =
      Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
          .filter(entry -> entry.matches(".*(/classes|javacpp|openblas|commons-math3)[^/]*"))
          .collect(Collectors.joining(File.pathSeparator));

  @TempDir Path dir;

  /** What javac says of module {@code trainer} with this class; empty if it compiles. */
  private String compile(String source) throws IOException {
    Path sources = Files.createDirectories(dir.resolve("src"));
    Files.writeString(
        sources.resolve("module-info.java"), "module trainer { requires dev.sotto.core; }");
    Path main = Files.createDirectories(sources.resolve("dev/sotto/examples")).resolve("Main.java");
    Files.writeString(main, source);
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    try (StandardJavaFileManager files = javac.getStandardFileManager(null, null, null)) {
      boolean compiled =
          javac
              .getTask(
                  said,
                  files,
                  null,
                  List.of(
                      "--module-path",
                      MODULE_PATH,
                      "--class-path",
                      sources.toString(),
                      "-d",
                      dir.resolve("out").toString()),
                  null,
                  files.getJavaFileObjects(sources.resolve("module-info.java"), main))
              .call();
      assertEquals(compiled, said.toString().isEmpty(), said.toString());
    }
    return said.toString();
  }

  private String run() throws IOException, InterruptedException {
    Path out = dir.resolve("stdout");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.add(
        "-Dorg.bytedeco.javacpp.cachedir=" + System.getProperty("org.bytedeco.javacpp.cachedir"));
    command.addAll(List.of("-p", MODULE_PATH + File.pathSeparator + dir.resolve("out")));
    command.addAll(List.of("-m", "trainer/dev.sotto.examples.Main"));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    assertTrue(process.waitFor(300, TimeUnit.SECONDS));
    String said = Files.readString(out);
    assertEquals(0, process.exitValue(), said);
    return said;
  }

  /** A class that holds a sum, with one line more. */
  private static String trainer(String line) {
    return """
    package dev.sotto.examples;

    import dev.sotto.clip.BatchStatistics;
    import dev.sotto.clip.ClippedGradSum;
    import dev.sotto.clip.Clipping;
    import dev.sotto.compute.Backend;
    import dev.sotto.compute.Backends;
    import dev.sotto.compute.LoraShape;
    import dev.sotto.gradient.ParameterLayout;
    import java.util.List;

    class Main {
      public static void main(String[] args) throws Exception {
        ParameterLayout layout = ParameterLayout.ofPairs(List.of(new LoraShape(2, 2, 1, 1f)));
        try (Backend backend = Backends.open("cpu", 1);
            ClippedGradSum sum =
                new ClippedGradSum(backend, layout, 1, Clipping.flat(1.0))) {
          %s
        }
      }

      static void read(BatchStatistics statistics, Object sum) {}
    }
    """
        .formatted(line);
  }

  @Test
  void theExampleCompilesAndRuns() throws Exception {
    Path example =
        Path.of(
            System.getProperty("sotto.root"),
            "examples/linking-the-core/src/main/java/dev/sotto/examples/Main.java");
    assertEquals("", compile(Files.readString(example)));
    assertTrue(run().contains("epsilon"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "System.out.println(sum.exactSum().value());",
        "var exact = sum.exactSum(); System.out.println(exact.value());",
        "dev.sotto.exact.Exact<?> exact = null;",
        "read(null, sum.sumOf(0));",
        "BatchStatistics statistics = null; System.out.println(statistics.exactSums().value()[0]);",
        "dev.sotto.compute.jni.NativeBackend raw = null;"
      })
  void anUnnoisedSumDoesNotCompile(String line) throws IOException {
    assertEquals("", compile(trainer("read(null, sum);")));
    String said = compile(trainer(line));
    assertTrue(
        said.contains("dev.sotto.core") || said.contains("inaccessible") || said.contains("public"),
        said);
  }

  @Test
  void reflectionIsTurnedAway() throws Exception {
    assertEquals(
        "",
        compile(
            trainer(
                """
                Object exact = sum.getClass().getMethod("exactSum").invoke(sum);
                var value = exact.getClass().getMethod("value");
                try {
                  System.out.println("read " + value.invoke(exact));
                } catch (IllegalAccessException e) {
                  System.out.println("closed");
                }
                try {
                  value.setAccessible(true);
                  System.out.println("read " + value.invoke(exact));
                } catch (java.lang.reflect.InaccessibleObjectException e) {
                  System.out.println("shut");
                }
                """)));
    String said = run();
    assertTrue(said.contains("closed") && said.contains("shut"), said);
    assertTrue(!said.contains("read"), said);
  }
}
