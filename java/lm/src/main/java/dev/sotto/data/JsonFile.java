package dev.sotto.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A settings file in JSON, read whole. */
public final class JsonFile {
  private JsonFile() {}

  /**
   * Reads a file.
   *
   * @param file JSON
   * @param json how strictly
   * @param whenMissing what to do where there is no such file; the end of the message
   * @return its root
   * @throws InputException if it is missing, cannot be read or is no JSON, in one line
   */
  public static JsonNode read(Path file, ObjectMapper json, String whenMissing) {
    try {
      return json.readTree(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": there is no such file; " + whenMissing, e);
    } catch (JsonProcessingException e) {
      throw new InputException(
          file
              + ": is no JSON: "
              + e.getOriginalMessage().lines().findFirst().orElse("")
              + (e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr()),
          e);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e, e);
    }
  }
}
