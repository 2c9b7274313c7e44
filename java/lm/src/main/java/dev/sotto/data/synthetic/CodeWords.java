package dev.sotto.data.synthetic;

import java.util.HashMap;
import java.util.Map;

/** Words for the codes of the Diabetes-130 table. */
final class CodeWords {
  private final Map<String, String> words = new HashMap<>();

  CodeWords() {
    for (String line : Grammar.lines("diabetes-codes.txt")) {
      String[] fields = line.split(" *\\| *");
      words.put(fields[0], fields[1]);
    }
  }

  /** Words of a column's code; empty if it says nothing, as "not available" does. */
  String of(String column, String code) {
    return words.getOrDefault(column + " " + code, "");
  }
}
