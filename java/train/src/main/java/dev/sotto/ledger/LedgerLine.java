package dev.sotto.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.Json;
import dev.sotto.base.Sha256;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * One line: a JSON object with a running number, a kind, and the SHA-256 of the line before it.
 *
 * <p>Kinds: {@code header} begins a run, under an id and a nonce; {@code event} declares an event
 * under an id; {@code reserve} charges a step with a declared event, before its noise is drawn;
 * {@code commit} says that the step was released; {@code resume} says, with a fresh nonce, that
 * another process took over; {@code closing} names the files that were released.
 */
public final class LedgerLine {
  static final int VERSION = 4;

  /** Stands for the hash of the line before the first. */
  public static final String NOTHING_BEFORE = "0".repeat(64);

  static final JsonMapper JSON = Json.MAPPER;

  private static final String ID = "[0-9a-f]{32}";
  private static final String SHA256 = "[0-9a-f]{64}";
  private static final SecureRandom RANDOM = new SecureRandom();

  private LedgerLine() {}

  /** 128 fresh bits from the operating system, as hexadecimal digits. Not secret. */
  public static String randomId() {
    byte[] bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /**
   * Reads what {@link #randomId} made.
   *
   * @throws IllegalArgumentException if the field holds something else
   */
  public static String id(JsonNode line, String field) {
    return matching(ID, line.path(field), field);
  }

  /** Reads a SHA-256. */
  static String sha256(JsonNode line, String field) {
    return matching(SHA256, line.path(field), field);
  }

  private static String matching(String pattern, JsonNode value, String field) {
    if (!value.isTextual() || !value.textValue().matches(pattern)) {
      throw new IllegalArgumentException(
          "field '" + field + "' does not hold the hexadecimal digits that belong there");
    }
    return value.textValue();
  }

  /**
   * A line but for its fields.
   *
   * @param number of the line, from 1
   * @param previous hash of the line before
   */
  public static ObjectNode start(long number, String kind, String previous) {
    ObjectNode line = JSON.createObjectNode();
    line.put("line", number);
    line.put("kind", kind);
    line.put("previous", previous);
    return line;
  }

  /** The text of a line in UTF-8, without the line end. */
  public static byte[] bytes(JsonNode line) {
    try {
      return JSON.writeValueAsBytes(line);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a ledger line cannot be written as JSON", e);
    }
  }

  /** SHA-256 of a line without its line end, in hexadecimal digits. */
  public static String hash(byte[] line) {
    return Sha256.hex(line);
  }
}
