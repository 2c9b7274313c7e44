package dev.sotto.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sotto.base.InputException;
import dev.sotto.base.PlainFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * Reads lines of JSON of which each has a running number and the SHA-256 of the line before, as
 * {@link LedgerLine} makes them. What comes after the last line end is left.
 */
public final class ChainedLines {
  /** What a line says. */
  @FunctionalInterface
  public interface Interpreter {
    /**
     * Takes a line whose number and hash are right.
     *
     * @throws IllegalArgumentException if it is not understood
     */
    void interpret(JsonNode line) throws JsonProcessingException;
  }

  private static final int BEGINNING = 256;

  private final JsonMapper json;
  private final Interpreter interpreter;
  private final Function<String, RuntimeException> corrupt;
  private final List<String> hashes = new ArrayList<>(List.of(LedgerLine.NOTHING_BEFORE));
  private int completeBytes;

  /**
   * Nothing is read yet.
   *
   * @param interpreter takes each line in turn
   * @param corrupt the refusal of line {@link #number} for a reason
   */
  public ChainedLines(
      JsonMapper json, Interpreter interpreter, Function<String, RuntimeException> corrupt) {
    this.json = json;
    this.interpreter = interpreter;
    this.corrupt = corrupt;
  }

  /**
   * How a file begins: enough to tell what it is without reading, say, a corpus that was named by
   * mistake.
   *
   * @throws InputException if it is no file
   */
  public static String beginning(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(PlainFile.require(file))) {
      return new String(in.readNBytes(BEGINNING), StandardCharsets.ISO_8859_1);
    }
  }

  /**
   * Whether a file that begins so can hold such lines, though it be damaged: one wrong byte hides
   * one of the two fields alone.
   */
  public static boolean mayHold(String beginning) {
    return beginning.startsWith("{\"line\":") || beginning.contains("\"previous\":");
  }

  /** Whether a file that begins so has a first line of this kind. */
  public static boolean begins(String beginning, String kind) {
    return beginning.startsWith("{\"line\":1,\"kind\":\"" + kind + "\",");
  }

  /** Reads all whole lines of a file. */
  public void read(byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        accept(Arrays.copyOfRange(bytes, completeBytes, i));
        completeBytes = i + 1;
      }
    }
  }

  private void accept(byte[] line) {
    JsonNode node;
    try {
      node = json.readTree(line);
    } catch (JsonProcessingException | NumberFormatException e) {
      // An exponent of a decimal number beyond an int is the latter.
      throw corrupt.apply("is no JSON object");
    } catch (IOException e) {
      throw corrupt.apply("cannot be decoded");
    }
    if (!node.isObject() || node.path("line").asLong(-1) != number()) {
      throw corrupt.apply(
          "line number " + node.path("line") + " stands where " + number() + " belongs");
    }
    if (!node.path("previous").asText().equals(lastHash())) {
      throw corrupt.apply("its hash of the line before does not match");
    }
    try {
      interpreter.interpret(node);
    } catch (IllegalArgumentException | JsonProcessingException e) {
      throw corrupt.apply(
          "is not understood: " + String.valueOf(e.getMessage()).split("\\R", 2)[0]);
    }
    hashes.add(LedgerLine.hash(line));
  }

  /** The line that is read, or would come next; from 1. */
  public int number() {
    return hashes.size();
  }

  /** The hash of every line in order, behind {@link LedgerLine#NOTHING_BEFORE}. */
  public List<String> hashes() {
    return Collections.unmodifiableList(hashes);
  }

  /** The hash of the last line. */
  public String lastHash() {
    return hashes.get(hashes.size() - 1);
  }

  /** Where the last line ends. */
  public int completeBytes() {
    return completeBytes;
  }
}
