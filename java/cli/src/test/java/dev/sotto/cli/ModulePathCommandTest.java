package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All of Sotto as modules, with ND4J on the class path beside them. */
class ModulePathCommandTest {
  private static final String OF_TESTS =
      ".*(test-classes|-tests\\.jar|rules|junit|opentest4j|apiguardian|archunit|jazzer).*";

  private static String path(Predicate<String> chosen) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !entry.matches(OF_TESTS))
        .filter(chosen)
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String modulePath() {
    return path(entry -> !entry.contains("nd4j"));
  }

  @Test
  void everyRoomIsAModuleAndNoneOpensTheEnvelope() {
    Path[] entries =
        Arrays.stream(modulePath().split(File.pathSeparator)).map(Path::of).toArray(Path[]::new);
    Set<String> names = new TreeSet<>();
    ModuleFinder.of(entries).findAll().stream()
        .map(module -> module.descriptor())
        .filter(module -> module.name().startsWith("dev.sotto."))
        .forEach(
            module -> {
              names.add(module.name());
              assertTrue(!module.isAutomatic() && !module.isOpen(), module.name());
              assertTrue(
                  module.exports().stream().noneMatch(e -> e.source().equals("dev.sotto.exact")));
              assertTrue(
                  module.opens().stream().noneMatch(o -> o.source().equals("dev.sotto.exact")));
            });
    assertEquals(
        List.of("base", "cli", "control", "core", "lm", "study", "template", "train"),
        names.stream().map(name -> name.substring("dev.sotto.".length())).toList());
  }

  @Test
  void aControllerThatLearnsTrainsOnTheModulePath(@TempDir Path dir) throws Exception {
    Path model = PretrainedModel.in(dir);
    Path notes = PretrainedModel.notes(dir);
    Path said = dir.resolve("said");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.add(
        "-Dorg.bytedeco.javacpp.cachedir=" + System.getProperty("org.bytedeco.javacpp.cachedir"));
    command.add("-Dai.djl.offline=true");
    command.addAll(List.of("--add-modules", "org.bytedeco.openblas.linux.x86_64"));
    command.addAll(List.of("--module-path", modulePath()));
    command.addAll(List.of("--class-path", path(entry -> entry.contains("nd4j"))));
    command.addAll(List.of("--module", "dev.sotto.cli/" + Sotto.class.getName()));
    String line =
        "finetune --text-column text --max-length 24 --batch-size 8 --steps 2 --epsilon 4"
            + " --controller rldp --control-interval 1";
    command.addAll(List.of(line.split(" ")));
    command.addAll(List.of("--model", model.toString(), "--train", notes.toString()));
    command.addAll(List.of("--validation", dir.resolve("public.txt").toString()));
    command.addAll(List.of("--output", dir.resolve("run").toString()));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    assertTrue(process.waitFor(300, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), Files.readString(said));
    assertEquals(2, Files.readAllLines(dir.resolve("run/trajectory.jsonl")).size());
  }
}
