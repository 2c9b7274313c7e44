package dev.sotto.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The parsed and checked JSON header of a safetensors file.
 *
 * <p>A header may lie, by accident or by malice; every claim is checked against the file's size
 * before a byte of data is touched.
 *
 * @param entries tensors in order of their offsets
 * @param metadata the free {@code __metadata__} strings
 */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {
  /** Place and form of one tensor: bytes {@code begin} to {@code end} of the data section. */
  record Entry(DataType dtype, long[] shape, long begin, long end) {}

  /**
   * Parses and checks a header.
   *
   * @param file for messages
   * @param json the header's bytes
   * @param dataBytes size of the data section that follows
   */
  static SafetensorsHeader parse(Path file, byte[] json, long dataBytes) {
    JsonNode root;
    try {
      root = Json.MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new InputException(
          file
              + ": the safetensors header is not valid JSON ("
              + e.getOriginalMessage()
              + "); the file is damaged, bring back a whole copy",
          e);
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    }
    if (root == null || !root.isObject()) {
      throw new InputException(
          file + ": the safetensors header is not a JSON object; is this a safetensors file?");
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    List<Map.Entry<String, Entry>> found = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (field.getKey().equals("__metadata__")) {
        readMetadata(file, field.getValue(), metadata);
      } else {
        found.add(
            Map.entry(field.getKey(), entry(file, field.getKey(), field.getValue(), dataBytes)));
      }
    }
    return new SafetensorsHeader(
        Collections.unmodifiableMap(contiguous(file, found, dataBytes)),
        Collections.unmodifiableMap(metadata));
  }

  private static void readMetadata(Path file, JsonNode node, Map<String, String> into) {
    if (!node.isObject()) {
      throw new InputException(file + ": __metadata__ must be a JSON object of strings");
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!field.getValue().isTextual()) {
        throw new InputException(
            file + ": __metadata__ entry '" + field.getKey() + "' must be a string");
      }
      into.put(field.getKey(), field.getValue().textValue());
    }
  }

  private static Entry entry(Path file, String name, JsonNode node, long dataBytes) {
    JsonNode dtypeNode = node.path("dtype");
    DataType dtype = dtypeNode.isTextual() ? DataType.ofName(dtypeNode.textValue()) : null;
    if (dtype == null) {
      throw lie(file, name, "has no dtype");
    }
    JsonNode shapeNode = node.path("shape");
    if (!shapeNode.isArray()) {
      throw lie(file, name, "has no shape");
    }
    long[] shape = new long[shapeNode.size()];
    long bytes = Math.max(1, dtype.bytes());
    for (int i = 0; i < shape.length; i++) {
      JsonNode size = shapeNode.get(i);
      if (!size.isIntegralNumber() || !size.canConvertToLong() || size.longValue() < 0) {
        throw lie(file, name, "has the impossible shape " + shapeNode);
      }
      shape[i] = size.longValue();
      try {
        bytes = Math.multiplyExact(bytes, shape[i]);
      } catch (ArithmeticException e) {
        throw lie(file, name, "has a shape whose size overflows: " + shapeNode);
      }
    }
    JsonNode offsets = node.path("data_offsets");
    if (!offsets.isArray()
        || offsets.size() != 2
        || !offsets.get(0).isIntegralNumber()
        || !offsets.get(1).isIntegralNumber()
        || !offsets.get(0).canConvertToLong()
        || !offsets.get(1).canConvertToLong()) {
      throw lie(file, name, "has data_offsets " + offsets + " where two integers belong");
    }
    long begin = offsets.get(0).longValue();
    long end = offsets.get(1).longValue();
    if (begin < 0 || end < begin || end > dataBytes) {
      throw lie(
          file,
          name,
          "has data_offsets " + offsets + " outside the " + dataBytes + " bytes of data");
    }
    if (dtype != DataType.OTHER && end - begin != bytes) {
      throw lie(
          file,
          name,
          "has "
              + (end - begin)
              + " bytes by its data_offsets but "
              + bytes
              + " by its dtype "
              + dtype
              + " and shape "
              + shapeNode);
    }
    return new Entry(dtype, shape, begin, end);
  }

  private static Map<String, Entry> contiguous(
      Path file, List<Map.Entry<String, Entry>> found, long dataBytes) {
    found.sort(
        Comparator.<Map.Entry<String, Entry>>comparingLong(e -> e.getValue().begin())
            .thenComparingLong(e -> e.getValue().end()));
    Map<String, Entry> ordered = new LinkedHashMap<>();
    long covered = 0;
    for (Map.Entry<String, Entry> next : found) {
      Entry entry = next.getValue();
      if (entry.begin() != covered) {
        String fault = entry.begin() < covered ? "overlaps the one before" : "follows a gap";
        throw lie(
            file,
            next.getKey(),
            fault + ": it begins at byte " + entry.begin() + ", expected " + covered);
      }
      covered = entry.end();
      ordered.put(next.getKey(), entry);
    }
    if (covered != dataBytes) {
      throw new InputException(
          file
              + ": the tensors cover "
              + covered
              + " of "
              + dataBytes
              + " bytes of data; the file is damaged, bring back a whole copy");
    }
    return ordered;
  }

  private static InputException lie(Path file, String name, String fault) {
    return new InputException(
        file
            + ": tensor '"
            + name
            + "' "
            + fault
            + "; the file is damaged, bring back a whole copy");
  }
}
