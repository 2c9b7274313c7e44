package dev.sotto.base;

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
      throw new InputException(file + ": cannot be read: " + e, e);
    }
  }
}
