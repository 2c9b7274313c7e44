package dev.sotto.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.data.SharedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
  @TempDir Path dir;

  private Path file(long claimedHeaderBytes, String header, int dataBytes) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(claimedHeaderBytes < 0 ? json.length : claimedHeaderBytes).put(json);
    return Files.write(dir.resolve("lie.safetensors"), bytes.array());
  }

  private static String messageOf(Path file) {
    InputException e = assertThrows(InputException.class, () -> SafetensorsFile.open(file));
    assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), "one line");
    return e.getMessage();
  }

  @Test
  void readsWhatWasWritten() {
    Map<String, TensorData> tensors = new LinkedHashMap<>();
    float[] values = {0.5f, -2, 3.25f, 1e-3f, 7, -0f};
    tensors.put("b", TensorData.f32(values, 2, 3));
    tensors.put("half", new TensorData(DataType.F16, new long[] {6}, FloatBuffer.wrap(values)));
    tensors.put("brain", new TensorData(DataType.BF16, new long[] {6}, FloatBuffer.wrap(values)));
    tensors.put("scalar", TensorData.f32(new float[] {4}));
    tensors.put("empty", TensorData.f32(new float[0], 0, 5));
    Path file = dir.resolve("w.safetensors");
    SafetensorsWriter.write(file, tensors, Map.of("format", "pt"));
    Map<String, TensorView> views;
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      assertEquals(Map.of("format", "pt"), opened.metadata());
      assertEquals(List.copyOf(tensors.keySet()).size(), opened.names().size());
      views = opened.tensors();
    }
    // Views outlive the file.
    assertArrayEquals(values, views.get("b").toFloats());
    assertArrayEquals(new long[] {2, 3}, views.get("b").shape());
    assertTrue(views.get("b").data().isDirect() && views.get("b").data().isReadOnly());
    assertArrayEquals(values, views.get("half").toFloats(), 1e-6f);
    assertArrayEquals(values, views.get("brain").toFloats(), 1e-5f);
    assertArrayEquals(new float[] {4}, views.get("scalar").toFloats());
    assertEquals(0, views.get("empty").size());
    assertThrows(InputException.class, () -> views.get("b").requireShape("the test", 3, 2));
    assertThrows(InputException.class, () -> views.get("b").toLongs());
  }

  @Test
  void writesTensorsLargerThanItsBuffer() {
    float[] values = new float[700_001];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Path file = dir.resolve("large.safetensors");
    SafetensorsWriter.write(file, Map.of("x", TensorData.f32(values, values.length)), Map.of());
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      assertArrayEquals(values, opened.tensor("x").toFloats());
    }
  }

  @Test
  void refusesDamagedWeights() {
    Path file = dir.resolve("nan.safetensors");
    float[] values = {1, Float.NaN, 2};
    SafetensorsWriter.write(file, Map.of("w", TensorData.f32(values, 3)), Map.of());
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      InputException e = assertThrows(InputException.class, () -> opened.tensor("w").toFloats());
      assertTrue(e.getMessage().contains("'w' holds NaN at element 1"), e.getMessage());
      assertTrue(
          assertThrows(InputException.class, () -> opened.tensor("v"))
              .getMessage()
              .contains("'v'"));
    }
  }

  @Test
  void refusesMissingAndTruncatedFiles() throws IOException {
    assertTrue(messageOf(dir.resolve("none.safetensors")).contains("no such file"));
    assertTrue(messageOf(dir).contains("directory"));
    assertTrue(
        messageOf(Files.write(dir.resolve("t.safetensors"), new byte[5])).contains("5 bytes"));
    Path whole = dir.resolve("cut.safetensors");
    SafetensorsWriter.write(whole, Map.of("w", TensorData.f32(new float[100], 100)), Map.of());
    byte[] bytes = Files.readAllBytes(whole);
    for (int length = 0; length < bytes.length; length += 7) {
      messageOf(Files.write(whole, Arrays.copyOf(bytes, length)));
    }
  }

  @Test
  void refusesHeaderLengthsThatLie() throws IOException {
    for (long length : new long[] {0, 1, 3000, 200_000_000, Long.MAX_VALUE, Long.MIN_VALUE}) {
      if (length == Long.MIN_VALUE) {
        Path file = file(3000, "{}", 0);
        byte[] bytes = Files.readAllBytes(file);
        bytes[7] = (byte) 0x80;
        assertTrue(messageOf(Files.write(file, bytes)).contains("claims a header"));
      } else {
        assertTrue(messageOf(file(length, "{}", 8)).contains("claims a header"));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "not json | not valid JSON",
        "[1] | not a JSON object",
        "{\"a\":1} | no dtype",
        "{\"a\":{\"dtype\":31,\"shape\":[2],\"data_offsets\":[0,8]}} | no dtype",
        "{\"a\":{\"dtype\":\"F31\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}"
            + " | overflows",
        "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}} | no shape",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}} | impossible shape",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.5],\"data_offsets\":[0,8]}} | impossible shape",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[\"2\"],\"data_offsets\":[0,8]}} | impossible shape",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}"
            + " | overflows",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}} | two integers",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}} | two integers",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,9.5]}} | two integers",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}} | outside",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}} | outside",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}} | outside",
        "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,8]}} | 4 by its dtype F16",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | cover 4 of 8",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | follows a gap",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | overlaps",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | Duplicate",
        "{\"__metadata__\":{\"n\":3}} | must be a string",
        "{\"__metadata__\":3} | object of strings",
      })
  void refusesHeadersThatLie(String header, String fault) throws IOException {
    String message = messageOf(file(-1, header, 8));
    assertTrue(message.contains(fault), message);
  }

  @Test
  void readsRealFiles() {
    Path weights = SharedFiles.require("data/models/stories260K-hf/model.safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(weights)) {
      assertEquals(47, file.names().size());
      TensorView embedding =
          file.tensor("model.embed_tokens.weight").requireShape("the test", 512, 64);
      assertEquals(DataType.F32, embedding.dtype());
      assertEquals(512 * 64, embedding.toFloats().length);
    }
    Path lora = SharedFiles.require("data/lora-example/roberta_base_lora_mnli.safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(lora)) {
      assertEquals(52, file.names().size());
      file.tensor("roberta.encoder.layer.0.attention.self.query.lora_A")
          .requireShape("the test", 8, 768);
      file.tensor("roberta.encoder.layer.11.attention.self.value.lora_B")
          .requireShape("the test", 768, 8);
    }
    // The names are another library's, so the file is not taken for a PEFT adapter.
    assertTrue(
        assertThrows(InputException.class, () -> AdapterFiles.readPairs(lora))
            .getMessage()
            .contains("PEFT's naming"));
  }

  @Test
  void readsIntegersOfGoldens() {
    Path golden = SharedFiles.require("oracles/models/stories260k/golden.safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(golden)) {
      TensorView ids = file.tensor("input_ids").requireShape("the test", 2, 32);
      assertEquals(1, ids.toLongs()[0], "begins with the beginning-of-sequence token");
    }
  }
}
