package dev.sotto.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** Writes safetensors files, whole or not at all. */
public final class SafetensorsWriter {
  private static final int CHUNK_BYTES = 1 << 20;

  private SafetensorsWriter() {}

  /**
   * Writes a file.
   *
   * @param file the final name; replaced if it exists
   * @param tensors tensors by name, written in the map's order
   * @param metadata free strings for {@code __metadata__}; HuggingFace readers ask for {@code
   *     format} = {@code pt}
   * @throws dev.sotto.base.InputException if it cannot be written; nothing is left behind then
   */
  public static void write(
      Path file, Map<String, TensorData> tensors, Map<String, String> metadata) {
    byte[] header = header(tensors, metadata);
    AtomicFile.write(
        file,
        channel -> {
          ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
          chunk.putLong(header.length);
          flush(chunk, channel);
          ByteBuffer rest = ByteBuffer.wrap(header);
          while (rest.hasRemaining()) {
            channel.write(rest);
          }
          for (TensorData tensor : tensors.values()) {
            writeValues(tensor, chunk, channel);
          }
        });
  }

  private static byte[] header(Map<String, TensorData> tensors, Map<String, String> metadata) {
    ObjectNode root = Json.object();
    if (!metadata.isEmpty()) {
      ObjectNode strings = root.putObject("__metadata__");
      metadata.forEach(strings::put);
    }
    long offset = 0;
    for (Map.Entry<String, TensorData> tensor : tensors.entrySet()) {
      ObjectNode entry = root.putObject(tensor.getKey());
      entry.put("dtype", tensor.getValue().dtype().name());
      var shape = entry.putArray("shape");
      for (long size : tensor.getValue().shape()) {
        shape.add(size);
      }
      entry.putArray("data_offsets").add(offset).add(offset + tensor.getValue().bytes());
      offset += tensor.getValue().bytes();
    }
    StringBuilder text = new StringBuilder(root.toString());
    // Trailing blanks are allowed, and align the data to eight bytes for memory mapping.
    int length = text.toString().getBytes(StandardCharsets.UTF_8).length;
    text.append(" ".repeat((8 - length % 8) % 8));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void writeValues(TensorData tensor, ByteBuffer chunk, WritableByteChannel channel)
      throws IOException {
    FloatBuffer values = tensor.values().duplicate();
    while (values.hasRemaining()) {
      if (chunk.remaining() < 4) {
        flush(chunk, channel);
      }
      float value = values.get();
      switch (tensor.dtype()) {
        case F16 -> chunk.putShort(FloatFormats.toF16(value));
        case BF16 -> chunk.putShort(FloatFormats.toBf16(value));
        default -> chunk.putFloat(value);
      }
    }
    flush(chunk, channel);
  }

  private static void flush(ByteBuffer chunk, WritableByteChannel channel) throws IOException {
    chunk.flip();
    while (chunk.hasRemaining()) {
      channel.write(chunk);
    }
    chunk.clear();
  }
}
