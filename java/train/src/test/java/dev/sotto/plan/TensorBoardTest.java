package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.fixtures.Python;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.trainer.ControlRecord;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run leaves for TensorBoard, read back by hand and by TensorBoard's own reader. */
class TensorBoardTest {
  @TempDir Path dir;
  private Runs runs;
  private Path board;

  @BeforeEach
  void makeRun() {
    runs = Runs.in(dir);
    runs.validation = TinyModel.records(dir.resolve("public.csv"), 5);
    board = dir.resolve("board");
  }

  private FinetuneResult run(FinetuneProgress progress) {
    FinetuneOptions options =
        runs.options()
            .with(FinetuneOptions.TENSORBOARD, board)
            .with(TrainingOptions.VALIDATE_EVERY, 3);
    return new FinetuneRun(options, progress).execute();
  }

  @Test
  void aRunSaysItsEpsilonAndWhatWasMeasured() throws Exception {
    Map<Long, Double> reserved = new TreeMap<>();
    Map<Long, Double> measured = new TreeMap<>();
    FinetuneResult result =
        run(
            new FinetuneProgress() {
              @Override
              public void step(long step, long steps, double epsilon) {
                reserved.put(step, epsilon);
              }

              @Override
              public void validated(long step, Map<String, Double> figures) {
                measured.put(step, figures.get("perplexity"));
              }
            });
    Map<String, Map<Long, Double>> scalars = scalars(files().get(0));
    assertEquals(
        List.of("epsilon/promised", "epsilon/reserved", "validation/perplexity"),
        List.copyOf(scalars.keySet()));
    assertEquals(reserved.keySet(), scalars.get("epsilon/reserved").keySet());
    reserved.forEach(
        (step, epsilon) ->
            assertEquals(epsilon, scalars.get("epsilon/reserved").get(step), 1e-6 * epsilon));
    assertEquals(8, scalars.get("epsilon/promised").get(result.steps()));
    assertEquals(List.of(3L, 6L), List.copyOf(measured.keySet()));
    measured.forEach(
        (step, perplexity) ->
            assertEquals(
                perplexity, scalars.get("validation/perplexity").get(step), 1e-6 * perplexity));
    tensorBoardReads(scalars);
  }

  @Test
  void aResumedRunGoesOnWithTheClock() throws Exception {
    assertThrows(
        IllegalStateException.class,
        () ->
            run(
                new FinetuneProgress() {
                  @Override
                  public void step(long step, long steps, double epsilon) {
                    if (step == 4) {
                      throw new IllegalStateException("pulled the plug");
                    }
                  }
                }));
    runs.resume = true;
    run(FinetuneProgress.SILENT);
    List<Path> files = files();
    assertEquals(2, files.size(), files.toString());
    String first = files.get(0).getFileName().toString();
    String second = files.get(1).getFileName().toString();
    assertEquals(first.substring(0, first.length() - 1) + "1", second);
    Map<Long, Double> before = scalars(files.get(0)).get("epsilon/reserved");
    Map<Long, Double> after = scalars(files.get(1)).get("epsilon/reserved");
    assertEquals(List.of(1L, 2L, 3L, 4L), List.copyOf(before.keySet()));
    assertEquals(List.of(5L, 6L), List.copyOf(after.keySet()));
    tensorBoardReads(Map.of());
  }

  @Test
  void aControlledRunSaysWhatWasChosenAndReleased() throws Exception {
    runs.control = Runs.control("quantile", 2);
    List<ControlRecord> told = new ArrayList<>();
    run(
        new FinetuneProgress() {
          @Override
          public void interval(ControlRecord record) {
            told.add(record);
          }
        });
    assertEquals(3, told.size());
    Map<String, Map<Long, Double>> scalars = scalars(files().get(0));
    for (ControlRecord record : told) {
      double[] norms = record.chosen().clipNorms();
      for (int k = 0; k < norms.length; k++) {
        double shown = scalars.get("clip_norm/pair_%03d".formatted(k)).get(record.step());
        assertEquals(norms[k], shown, 1e-6 * norms[k]);
      }
    }
    assertTrue(scalars.containsKey("released_gradient_norm/pair_000"), scalars.keySet().toString());
  }

  @Test
  void aDirectoryOfAnotherRunIsRefusedBeforeAnythingIsMade() throws IOException {
    Files.createDirectories(board);
    Files.writeString(board.resolve("events.out.tfevents.1700000000.other"), "");
    InputException refused = assertThrows(InputException.class, () -> run(FinetuneProgress.SILENT));
    assertTrue(refused.getMessage().contains("--tensorboard"), refused.getMessage());
    assertFalse(Files.exists(runs.output));
  }

  /** A method that is left out would tell nobody, in silence. */
  @Test
  void severalListenersAreToldOfEverything() {
    for (Method told : FinetuneProgress.class.getDeclaredMethods()) {
      if (!Modifier.isStatic(told.getModifiers()) && !told.isSynthetic()) {
        assertDoesNotThrow(
            () ->
                FinetuneListeners.class.getDeclaredMethod(
                    told.getName(), told.getParameterTypes()));
      }
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(board)) {
      return files.sorted().toList();
    }
  }

  /** By tag, then step; every event is as many seconds after the first as its step says. */
  private static Map<String, Map<Long, Double>> scalars(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    long start = Long.parseLong(file.getFileName().toString().split("[.]")[3]);
    Map<String, Map<Long, Double>> scalars = new TreeMap<>();
    while (bytes.hasRemaining()) {
      byte[] event = new byte[(int) bytes.getLong()];
      bytes.getInt();
      bytes.get(event);
      bytes.getInt();
      CodedInputStream fields = CodedInputStream.newInstance(event);
      double time = 0;
      long step = 0;
      for (int tag = fields.readTag(); tag != 0; tag = fields.readTag()) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case 1 -> time = fields.readDouble();
          case 2 -> step = fields.readInt64();
          case 5 -> readSummary(fields.readByteArray(), step, scalars);
          default -> fields.skipField(tag);
        }
      }
      assertEquals(start + step, time);
    }
    return scalars;
  }

  private static void readSummary(byte[] summary, long step, Map<String, Map<Long, Double>> scalars)
      throws IOException {
    CodedInputStream values = CodedInputStream.newInstance(summary);
    while (values.readTag() != 0) {
      CodedInputStream value = CodedInputStream.newInstance(values.readByteArray());
      value.readTag();
      String name = value.readString();
      value.readTag();
      scalars.computeIfAbsent(name, any -> new TreeMap<>()).put(step, (double) value.readFloat());
    }
  }

  /** Has TensorBoard read the whole directory, where Python has it; skipped and counted else. */
  private void tensorBoardReads(Map<String, Map<Long, Double>> expected) throws Exception {
    String python = Python.with(TensorBoardTest.class, "tensorboard");
    String script =
        """
        import json, sys
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        board = EventAccumulator(sys.argv[1]).Reload()
        print(json.dumps({t: [[e.step, e.value] for e in board.Scalars(t)]
                          for t in board.Tags()["scalars"]}))
        """;
    Path errors = dir.resolve("errors");
    Process reader =
        new ProcessBuilder(python, "-c", script, board.toString())
            .redirectError(errors.toFile())
            .start();
    byte[] out = reader.getInputStream().readAllBytes();
    assertEquals(0, reader.waitFor(), Files.readString(errors));
    var read = Json.MAPPER.readTree(out);
    assertEquals(
        List.of(1L, 2L, 3L, 4L, 5L, 6L),
        IntStream.range(0, read.get("epsilon/reserved").size())
            .mapToObj(i -> read.get("epsilon/reserved").get(i).get(0).asLong())
            .toList());
    expected.forEach(
        (tag, bySteps) -> {
          var points = read.get(tag);
          assertEquals(bySteps.size(), points.size(), tag);
          points.forEach(
              point ->
                  assertEquals(
                      bySteps.get(point.get(0).asLong()), point.get(1).asDouble(), 1e-6, tag));
        });
  }
}
