package dev.sotto.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.compute.Pooling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code sotto.json} of an adapter that scores sequences; {@code FramingTest} has the others. */
class AdapterNotesTest {
  private static final Task.Scored CLASSIFY =
      new Task.Classify(new Labels(List.of("negative", "positive"), false));

  @TempDir Path dir;

  private Path file() {
    return dir.resolve(AdapterNotes.FILE_NAME);
  }

  @Test
  void keepsTheTaskAndNoFrameOfText() throws IOException {
    List<AdapterNotes> all =
        List.of(
            AdapterNotes.of(CLASSIFY, Optional.of(Pooling.MEAN)),
            AdapterNotes.of(
                new Task.Classify(new Labels(List.of("a", "b", "c"), true)), Optional.empty()),
            AdapterNotes.of(new Task.Regress(new LabelRange(0, 5)), Optional.of(Pooling.FIRST)));
    for (AdapterNotes notes : all) {
      notes.write(dir);
      assertEquals(notes, AdapterNotes.read(dir));
      assertTrue(!Files.readString(file()).contains("frame"), Files.readString(file()));
    }
  }

  /** As it was written once. */
  @Test
  void readsAFileThatHasAFrameBesideItsTask() throws IOException {
    Files.writeString(
        file(),
        "{\"frame\": {\"begin\": true, \"end\": false}, \"task\": {\"kind\": \"classify\","
            + " \"labels\": [\"negative\", \"positive\"], \"pooling\": \"mean\"}}");
    assertEquals(AdapterNotes.of(CLASSIFY, Optional.of(Pooling.MEAN)), AdapterNotes.read(dir));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"task\": 1}",
        "{\"task\": {\"kind\": \"classify\"}}",
        "{\"task\": {\"kind\": \"regress\", \"range\": \"5\"}}",
        "{\"task\": {\"kind\": \"regress\", \"range\": \"0:5\"}, \"frame\": 1}",
        "{\"task\": {\"kind\": \"regress\", \"range\": \"0:5\"}, \"frame\": {\"begin\": true}}",
        "{\"task\": {\"kind\": \"regress\", \"range\": \"0:5\", \"pooling\": \"max\"}}",
        "{\"task\": {\"kind\": \"regress\", \"range\": \"0:5\"}, \"pooler\": 1}",
      })
  void whatIsNoSuchFileIsRefusedInOneLine(String content) throws IOException {
    Files.writeString(file(), content);
    String message = assertThrows(InputException.class, () -> AdapterNotes.read(dir)).getMessage();
    assertEquals(1, message.lines().count(), message);
  }
}
