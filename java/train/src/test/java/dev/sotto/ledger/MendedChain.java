package dev.sotto.ledger;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Makes a chain of hashes fit whatever its lines say, so that what they say is reached. */
public final class MendedChain {
  /** Numbers stay as they stand. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private MendedChain() {}

  /** Writes the head of a chain as it stands. */
  public static void writeHead(Path file, Path head) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    String hash = LedgerLine.NOTHING_BEFORE;
    long lines = 0;
    int from = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        hash = LedgerLine.hash(Arrays.copyOfRange(bytes, from, i));
        lines++;
        from = i + 1;
      }
    }
    Files.createDirectories(head.getParent());
    Files.write(head, new ChainHead(lines, hash).bytes());
  }

  /** Gives each line that is a JSON object its number and the hash of the one before. */
  public static void mend(Path file, Path head) throws IOException {
    ByteArrayOutputStream mended = new ByteArrayOutputStream();
    String previous = LedgerLine.NOTHING_BEFORE;
    byte[] bytes = Files.readAllBytes(file);
    int from = 0;
    long number = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        byte[] line = mended(Arrays.copyOfRange(bytes, from, i), ++number, previous);
        previous = LedgerLine.hash(line);
        mended.writeBytes(line);
        mended.write('\n');
        from = i + 1;
      }
    }
    mended.write(bytes, from, bytes.length - from);
    Files.write(file, mended.toByteArray());
    writeHead(file, head);
  }

  private static byte[] mended(byte[] line, long number, String previous) {
    try {
      if (!(JSON.readTree(line) instanceof ObjectNode object)) {
        return line;
      }
      object.put("line", number);
      object.put("previous", previous);
      return JSON.writeValueAsBytes(object);
    } catch (IOException | NumberFormatException e) {
      return line;
    }
  }
}
