package dev.sotto.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Records from JSON: one object a line, or one array of objects or strings.
 *
 * @param file for messages
 * @param columns which fields make a record
 * @param options whether messages may quote
 */
record JsonRecords(Path file, DataColumns columns, RecordOptions options) {
  /** For an element of an array: the next one follows. */
  private static final ObjectReader ELEMENT =
      Json.MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  void lines(BufferedReader reader, Consumer<TextRecord> sink) throws IOException {
    long number = 0;
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      JsonNode node;
      try {
        node = Json.MAPPER.readTree(line);
      } catch (JsonProcessingException e) {
        throw invalid(number, e);
      }
      sink.accept(record(node, file + ": line " + number));
    }
  }

  void array(BufferedReader reader, Consumer<TextRecord> sink) throws IOException {
    try (JsonParser parser = ELEMENT.createParser(reader)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        return;
      }
      if (first != JsonToken.START_ARRAY) {
        throw new InputException(
            file + ": is not a JSON array; wrap the records in [...], or name the file .jsonl");
      }
      for (long number = 1; parser.nextToken() != JsonToken.END_ARRAY; number++) {
        sink.accept(record(ELEMENT.readTree(parser), file + ": element " + number));
      }
      if (parser.nextToken() != null) {
        throw new InputException(
            file + ": goes on after its array; name the file .jsonl or wrap all in one array");
      }
    } catch (JsonProcessingException e) {
      throw invalid(e.getLocation() == null ? 1 : e.getLocation().getLineNr(), e);
    }
  }

  /** Without its cause: the parser's message quotes the record. */
  private InputException invalid(long line, JsonProcessingException e) {
    String column = e.getLocation() == null ? "" : ", column " + e.getLocation().getColumnNr();
    String message = e.getOriginalMessage();
    String fault =
        message.startsWith("Duplicate field")
            ? ": has two fields of one name; leave one of them"
            : ": is not valid JSON; repair it";
    return new InputException(
        file + ": line " + line + column + fault + options.quote(() -> message));
  }

  private TextRecord record(JsonNode node, String place) {
    boolean conversation = options.layout().isPresent();
    if (node != null && node.isTextual() && !conversation) {
      PlainTextRecords.requireNoColumns(place, columns);
      return TextRecord.of(requireCharacters(node.textValue(), place));
    }
    if (node == null || !node.isObject()) {
      throw new InputException(
          place
              + (conversation ? ": is no object" : ": is neither an object nor a string")
              + "; repair the file"
              + options.quote(() -> String.valueOf(node)));
    }
    DataColumns.Row row =
        new DataColumns.Row() {
          @Override
          public String value(String column) {
            return requireCharacters(field(node, column, place), place);
          }

          @Override
          public String place(String column) {
            return place;
          }
        };
    return options
        .layout()
        .map(
            layout ->
                TextRecord.of(
                    new JsonConversation(layout, place, options).of(node), columns.unit(row)))
        .orElseGet(() -> columns.record(row));
  }

  private String field(JsonNode node, String name, String place) {
    JsonNode value = node.path(name);
    if (value.isTextual()) {
      return value.textValue();
    }
    // A unit may well be a number, such as a patient's, and a label a class's id or a score.
    boolean label = columns.label().filter(name::equals).isPresent();
    if (name.equals(columns.unit()) && value.isIntegralNumber()
        || label && (value.isNumber() || value.isBoolean())) {
      return value.asText();
    }
    if (value.isMissingNode()) {
      throw new InputException(
          place
              + ": has no field '"
              + name
              + "'; name one that every record has (--show-values prints this one's)"
              + options.quote(() -> fieldNames(node)));
    }
    throw new InputException(
        place
            + ": field '"
            + name
            + "' is not a string"
            + (label ? ", number or boolean" : "")
            + "; make it one or name another field"
            + options.quote(value::toString));
  }

  /** An escape such as \ud83d alone is half of a character, which no tokenizer can take. */
  static String requireCharacters(String text, String place) {
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int type = Character.getType(text.codePointAt(i));
      if (type == Character.SURROGATE) {
        throw new InputException(
            place + ": a \\u escape is half of a surrogate pair; write the whole character");
      }
    }
    return text;
  }

  static String fieldNames(JsonNode node) {
    List<String> names = new ArrayList<>();
    for (Iterator<String> each = node.fieldNames(); each.hasNext(); ) {
      names.add(each.next());
    }
    return String.join(", ", names);
  }
}
