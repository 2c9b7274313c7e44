package dev.sotto.plan;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.base.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Tells whether a run goes on with the records it was begun with: HMAC-SHA-256 of the private file
 * under a random key. A plain digest would confirm a guess of the whole file to whoever sees it, so
 * this one is keyed, and file and key stay in the run's private directory.
 *
 * @param file where digest and key are kept
 */
record DataDigest(Path file) {
  private static final int KEY_BYTES = 32;
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  boolean exists() {
    return Files.exists(file);
  }

  /** Notes the digest under a fresh key. */
  void write(Path data) {
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    String text =
        Json.object()
            .put("key", HexFormat.of().formatHex(key))
            .put("hmac_sha256", digest(key, data))
            .toPrettyString();
    AtomicFile.write(file, (text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Compares.
   *
   * @throws InputException if the data is other, or the digest is missing or damaged
   */
  void requireSame(Path data) {
    if (!exists()) {
      throw new InputException(
          file
              + ": is missing, so nobody can tell whether the run would go on with the same"
              + " records; put back the run's private directory, or start a new run");
    }
    JsonNode stored;
    try {
      stored = Json.MAPPER.readTree(Files.readAllBytes(file));
    } catch (IOException e) {
      throw damaged();
    }
    String key = stored.path("key").asText();
    String before = stored.path("hmac_sha256").asText();
    if (!HEX.matcher(key).matches() || !HEX.matcher(before).matches()) {
      throw damaged();
    }
    String now = digest(HexFormat.of().parseHex(key), data);
    if (!MessageDigest.isEqual(
        before.getBytes(StandardCharsets.US_ASCII), now.getBytes(StandardCharsets.US_ASCII))) {
      throw new InputException(
          data
              + ": holds other bytes than when the run was begun; a run goes on with the records it"
              + " was begun with, so bring that file back, or start a new run");
    }
  }

  private static String digest(byte[] key, Path data) {
    try {
      Mac keyed = Mac.getInstance("HmacSHA256");
      keyed.init(new SecretKeySpec(key, keyed.getAlgorithm()));
      Sha256.feed(data, keyed::update);
      return HexFormat.of().formatHex(keyed.doFinal());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC-SHA-256", e);
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(data, e);
    }
  }

  private InputException damaged() {
    return new InputException(
        file + ": is damaged; put back the run's private directory, or start a new run");
  }
}
