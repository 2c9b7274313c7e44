package dev.sotto.accounting;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** Reads the reference values: objects as maps, arrays as lists, numbers as doubles. */
final class OracleFile {
  private final String text;
  private int at;

  private OracleFile(String text) {
    this.text = text;
  }

  /** The named list of the accounting oracle, or a skipped test where the file is absent. */
  static List<Map<String, Object>> list(String name) throws IOException {
    return asMaps(read("accounting.json").get(name));
  }

  /** The whole of an oracle file, or a skipped test where it is absent. */
  static Map<String, Object> read(String name) throws IOException {
    Path file = Path.of(System.getProperty("sotto.shared", "absent"), "oracles", name);
    Assumptions.assumeTrue(Files.exists(file), "no reference values at " + file);
    return asMap(new OracleFile(Files.readString(file)).value());
  }

  static List<Map<String, Object>> asMaps(Object values) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Object row : (List<?>) values) {
      rows.add(asMap(row));
    }
    return rows;
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> asMap(Object value) {
    return (Map<String, Object>) value;
  }

  static double number(Map<String, Object> row, String key) {
    return (double) row.get(key);
  }

  private Object value() {
    switch (skip()) {
      case '{' -> {
        Map<String, Object> map = new LinkedHashMap<>();
        for (at++; skip() != '}'; ) {
          String key = (String) value();
          expect(':');
          map.put(key, value());
          if (skip() == ',') {
            at++;
          }
        }
        at++;
        return map;
      }
      case '[' -> {
        List<Object> list = new ArrayList<>();
        for (at++; skip() != ']'; ) {
          list.add(value());
          if (skip() == ',') {
            at++;
          }
        }
        at++;
        return list;
      }
      case '"' -> {
        StringBuilder word = new StringBuilder();
        for (at++; text.charAt(at) != '"'; at++) {
          if (text.charAt(at) == '\\') {
            at++;
          }
          word.append(text.charAt(at));
        }
        at++;
        return word.toString();
      }
      default -> {
        int from = at;
        while (at < text.length() && ",]} \n\r\t".indexOf(text.charAt(at)) < 0) {
          at++;
        }
        String word = text.substring(from, at);
        return word.equals("null") || word.equals("true") || word.equals("false")
            ? null
            : Double.valueOf(word);
      }
    }
  }

  private char skip() {
    while (Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return text.charAt(at);
  }

  private void expect(char c) {
    if (skip() != c) {
      throw new IllegalStateException("expected " + c + " at " + at);
    }
    at++;
  }
}
