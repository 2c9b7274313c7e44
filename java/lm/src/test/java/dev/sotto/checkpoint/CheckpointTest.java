package dev.sotto.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  @TempDir Path dir;

  private void shard(String name, String tensor, float value) {
    SafetensorsWriter.write(
        dir.resolve(name), Map.of(tensor, TensorData.f32(new float[] {value}, 1)), Map.of());
  }

  private void index(String weightMap) throws IOException {
    Files.writeString(
        dir.resolve("model.safetensors.index.json"),
        "{\"metadata\":{\"total_size\":8},\"weight_map\":" + weightMap + "}");
  }

  private String failure() {
    InputException e = assertThrows(InputException.class, () -> Checkpoint.open(dir).close());
    assertTrue(e.getMessage().contains(dir.toString()), e.getMessage());
    return e.getMessage();
  }

  @Test
  void opensASingleFile() {
    shard("model.safetensors", "w", 3);
    try (Checkpoint checkpoint = Checkpoint.open(dir)) {
      assertEquals(Set.of("w"), checkpoint.names());
      assertTrue(checkpoint.has("w"));
      assertFalse(checkpoint.has("v"));
      assertArrayEquals(new float[] {3}, checkpoint.tensor("w").toFloats());
      String message =
          assertThrows(InputException.class, () -> checkpoint.tensor("v")).getMessage();
      assertTrue(message.contains("'v'"), message);
    }
  }

  @Test
  void opensShards() throws IOException {
    shard("model-00001-of-00002.safetensors", "a", 1);
    shard("model-00002-of-00002.safetensors", "b", 2);
    index(
        "{\"b\":\"model-00002-of-00002.safetensors\",\"a\":\"model-00001-of-00002.safetensors\"}");
    try (Checkpoint checkpoint = Checkpoint.open(dir)) {
      assertEquals(Set.of("a", "b"), checkpoint.names());
      assertArrayEquals(new float[] {1}, checkpoint.tensor("a").toFloats());
      assertArrayEquals(new float[] {2}, checkpoint.tensor("b").toFloats());
    }
  }

  @Test
  void namesWhatIsMissing() throws IOException {
    assertTrue(failure().contains("neither model.safetensors"));
    index("{}");
    assertTrue(failure().contains("weight_map"));
    index("{\"a\":\"one.safetensors\"}");
    assertTrue(failure().contains("one.safetensors: no such file"));
    shard("one.safetensors", "b", 1);
    String message = failure();
    assertTrue(message.contains("lacks the tensor 'a'"), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../out.safetensors", "/etc/passwd", "sub/x.safetensors", "..", ""})
  void refusesShardsOutsideTheDirectory(String name) throws IOException {
    index("{\"a\":\"" + name + "\"}");
    assertTrue(failure().contains("not a plain file name"));
  }
}
