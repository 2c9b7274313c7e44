package dev.sotto.base;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** How JSON is read and written; whoever needs it otherwise derives from {@link #MAPPER}. */
public final class Json {
  /**
   * Strict: an object with a key twice is refused, and so is what follows a value. No failure
   * carries the text that was read.
   */
  public static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  /**
   * An object to be filled.
   *
   * @return a new one, empty
   */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /**
   * The text of a file for people to read.
   *
   * @param node its root
   * @return indented, in UTF-8, with a line end
   */
  public static byte[] file(JsonNode node) {
    return (node.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads a settings file whole.
   *
   * @param file JSON
   * @param whenMissing what to do where there is no such file; the end of the message
   * @return its root
   * @throws InputException if it is missing, cannot be read or is no JSON, in one line
   */
  public static JsonNode read(Path file, String whenMissing) {
    return read(file, MAPPER.reader(), whenMissing);
  }

  /**
   * Reads a settings file whole.
   *
   * @param file JSON
   * @param json how strictly
   * @param whenMissing what to do where there is no such file; the end of the message
   * @return its root
   * @throws InputException if it is missing, cannot be read or is no JSON, in one line
   */
  public static JsonNode read(Path file, ObjectReader json, String whenMissing) {
    try {
      return json.readTree(Files.readAllBytes(PlainFile.require(file)));
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": there is no such file; " + whenMissing, e);
    } catch (JsonProcessingException e) {
      // Neither the parser's message nor the cause: both quote the file, which may be a private one
      // that was named by mistake.
      throw new InputException(
          file
              + (e.getOriginalMessage().startsWith("Duplicate field")
                  ? ": has two keys of one name"
                  : ": is no JSON")
              + (e.getLocation() == null
                  ? ""
                  : ": line "
                      + e.getLocation().getLineNr()
                      + ", column "
                      + e.getLocation().getColumnNr())
              + "; repair it, or name another file");
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    }
  }
}
