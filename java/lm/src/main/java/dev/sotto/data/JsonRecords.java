package dev.sotto.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Records from JSON: one object a line, or one array of objects or strings. */
final class JsonRecords {
  /** For a line: nothing may follow the value. */
  private static final JsonMapper LINE =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /** For an element of an array: the next one follows. */
  private static final JsonMapper ELEMENT = new JsonMapper();

  private JsonRecords() {}

  static List<TextRecord> lines(Path file, BufferedReader reader, DataColumns columns)
      throws IOException {
    List<TextRecord> records = new ArrayList<>();
    long number = 0;
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      String place = file + ": line " + number;
      JsonNode node;
      try {
        node = LINE.readTree(line);
      } catch (JsonProcessingException e) {
        // The parser's own message would quote the line.
        throw new InputException(place + ": is not valid JSON; repair the line");
      }
      records.add(record(node, place, columns));
    }
    return records;
  }

  static List<TextRecord> array(Path file, BufferedReader reader, DataColumns columns)
      throws IOException {
    List<TextRecord> records = new ArrayList<>();
    try (JsonParser parser = ELEMENT.createParser(reader)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        return records;
      }
      if (first != JsonToken.START_ARRAY) {
        throw new InputException(
            file + ": is not a JSON array; wrap the records in [...], or name the file .jsonl");
      }
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        String place = file + ": element " + (records.size() + 1);
        records.add(record(ELEMENT.readTree(parser), place, columns));
      }
      if (parser.nextToken() != null) {
        throw new InputException(
            file + ": goes on after its array; name the file .jsonl or wrap all in one array");
      }
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw new InputException(file + ": line " + line + ": is not valid JSON; repair the file");
    }
    return records;
  }

  private static TextRecord record(JsonNode node, String place, DataColumns columns) {
    if (node != null && node.isTextual()) {
      PlainTextRecords.requireNoColumns(place, columns);
      return TextRecord.of(node.textValue());
    }
    if (node == null || !node.isObject()) {
      throw new InputException(place + ": is neither an object nor a string; repair the file");
    }
    return columns.record(column -> field(node, column, place, columns), place);
  }

  private static String field(JsonNode node, String name, String place, DataColumns columns) {
    JsonNode value = node.path(name);
    if (value.isTextual()) {
      return value.textValue();
    }
    // A unit may well be a number, such as a patient's.
    if (name.equals(columns.unit()) && value.isIntegralNumber()) {
      return value.asText();
    }
    if (value.isMissingNode()) {
      throw new InputException(
          place + ": has no field '" + name + "'; the fields are: " + fieldNames(node));
    }
    throw new InputException(
        place + ": field '" + name + "' is not a string; make it one or name another field");
  }

  private static String fieldNames(JsonNode node) {
    List<String> names = new ArrayList<>();
    for (Iterator<String> each = node.fieldNames(); each.hasNext(); ) {
      names.add(each.next());
    }
    return String.join(", ", names);
  }
}
