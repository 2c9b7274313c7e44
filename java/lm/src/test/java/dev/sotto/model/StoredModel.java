package dev.sotto.model;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.checkpoint.DataType;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.checkpoint.TensorView;
import dev.sotto.compute.Backend;
import dev.sotto.fixtures.TinyModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** A small model on disk whose tensors and configuration a test may change at will, types too. */
final class StoredModel {
  /** One tensor as bytes. */
  record Stored(String dtype, long[] shape, byte[] bytes) {
    static Stored f32(int... shape) {
      return of("F32", 4, shape);
    }

    static Stored of(String dtype, int elementBytes, int... shape) {
      int size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      return new Stored(
          dtype, Arrays.stream(shape).asLongStream().toArray(), new byte[size * elementBytes]);
    }
  }

  private static final JsonMapper JSON = new JsonMapper();

  final Path dir;
  final Map<String, Stored> tensors = new LinkedHashMap<>();
  final ObjectNode config;

  /** One of {@link TinyModel#of}, written to a directory and read back. */
  StoredModel(String kind, Backend backend, Path dir) {
    this.dir = dir;
    try (LanguageModel model = TinyModel.of(kind, backend, dir)) {
      model.save(dir, DataType.F32);
      config = (ObjectNode) JSON.readTree(Files.readAllBytes(dir.resolve("config.json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try (SafetensorsFile file = SafetensorsFile.open(dir.resolve("model.safetensors"))) {
      for (TensorView view : file.tensors().values()) {
        byte[] bytes = new byte[view.data().capacity()];
        view.data().get(0, bytes);
        tensors.put(view.name(), new Stored(view.dtype().name(), view.shape(), bytes));
      }
    }
  }

  void rename(String from, String to) {
    tensors.put(to, tensors.remove(from));
  }

  /** Writes both files anew. */
  Path write() {
    ObjectNode head = JSON.createObjectNode();
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    tensors.forEach(
        (name, tensor) -> {
          ObjectNode entry = head.putObject(name).put("dtype", tensor.dtype());
          Arrays.stream(tensor.shape()).forEach(entry.withArray("shape")::add);
          entry.putArray("data_offsets").add(data.size()).add(data.size() + tensor.bytes().length);
          data.writeBytes(tensor.bytes());
        });
    // The header ends at a multiple of eight, as every writer of the format has it.
    String json = head.toString();
    byte[] header =
        (json + " ".repeat((8 - json.length() % 8) % 8)).getBytes(StandardCharsets.UTF_8);
    ByteBuffer all =
        ByteBuffer.allocate(8 + header.length + data.size()).order(ByteOrder.LITTLE_ENDIAN);
    all.putLong(header.length).put(header).put(data.toByteArray());
    try {
      Files.write(dir.resolve("model.safetensors"), all.array());
      Files.writeString(dir.resolve("config.json"), config.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return dir;
  }
}
