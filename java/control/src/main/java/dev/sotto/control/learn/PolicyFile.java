package dev.sotto.control.learn;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.FileFailure;
import dev.sotto.base.Json;
import dev.sotto.base.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;

/**
 * A policy as JSON: kind and sizes to read, numbers in base64 of their big-endian bytes, and a
 * SHA-256 over the rest.
 */
final class PolicyFile {
  private static final String FORMAT = "sotto-policy-1";

  private PolicyFile() {}

  static void write(Path file, AgentState state) {
    ObjectNode root = Json.object();
    root.put("format", FORMAT);
    root.put("kind", state.kind());
    root.put("observationSize", state.observationSize());
    root.put("actionSize", state.actionSize());
    ObjectNode counters = root.putObject("counters");
    state.counters().forEach(counters::put);
    ObjectNode tensors = root.putObject("tensors");
    state.tensors().forEach((name, values) -> tensors.put(name, encode(values)));
    root.put("sha256", digest(root));
    AtomicFile.write(file, root.toPrettyString().getBytes(StandardCharsets.UTF_8));
  }

  static AgentState read(Path file) {
    JsonNode parsed;
    try {
      parsed = Json.MAPPER.readTree(Files.readAllBytes(file));
    } catch (JacksonException e) {
      // Without its cause, which quotes what may be another file, named by mistake.
      throw damaged(file, "it is no JSON", null);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          file + ": the policy file cannot be read: " + FileFailure.why(e) + "; check the path", e);
    }
    if (!(parsed instanceof ObjectNode root) || !FORMAT.equals(root.path("format").asText())) {
      throw new IllegalArgumentException(
          file + ": no policy file (its format is not " + FORMAT + "); give the policy of a run");
    }
    JsonNode digest = root.remove("sha256");
    if (digest == null || !digest.asText().equals(digest(root))) {
      throw damaged(file, "its checksum does not match", null);
    }
    Map<String, Long> counters = new TreeMap<>();
    root.path("counters")
        .properties()
        .forEach(e -> counters.put(e.getKey(), e.getValue().asLong()));
    Map<String, double[]> tensors = new TreeMap<>();
    try {
      root.path("tensors")
          .properties()
          .forEach(e -> tensors.put(e.getKey(), decode(e.getValue().asText())));
    } catch (IllegalArgumentException e) {
      throw damaged(file, "its numbers cannot be read", e);
    }
    return new AgentState(
        root.path("kind").asText(),
        root.path("observationSize").asInt(),
        root.path("actionSize").asInt(),
        tensors,
        counters);
  }

  private static IllegalArgumentException damaged(Path file, String how, Exception cause) {
    return new IllegalArgumentException(
        file + ": the policy file is damaged, " + how + "; copy it again from its run", cause);
  }

  private static String encode(double[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Double.BYTES);
    bytes.asDoubleBuffer().put(values);
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  private static double[] decode(String text) {
    ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(text));
    double[] values = new double[bytes.remaining() / Double.BYTES];
    bytes.asDoubleBuffer().get(values);
    return values;
  }

  private static String digest(ObjectNode root) {
    return Sha256.hex(root.toString().getBytes(StandardCharsets.UTF_8));
  }
}
