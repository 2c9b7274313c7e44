package dev.sotto.data.synthetic;

import java.util.ArrayList;
import java.util.List;

/** ICD-9 diagnosis codes in plain words: common codes by name, the others by group or chapter. */
final class DiagnosisWords {
  private static final String DIABETES = "250";

  /** By the fourth digit of a diabetes code. */
  private static final List<String> COMPLICATIONS =
      List.of(
          "",
          " with ketoacidosis",
          " with very high sugar",
          " with coma",
          " with kidney damage",
          " with eye damage",
          " with nerve damage",
          " with poor circulation",
          " with complications",
          " with complications");

  private record Range(int from, int to, String words) {}

  private final List<Range> ranges = new ArrayList<>();
  private final CodeWords codes;

  DiagnosisWords(CodeWords codes) {
    this.codes = codes;
    for (String line : Grammar.lines("icd9.txt")) {
      String[] fields = line.split(" *\\| *");
      String[] bounds = fields[0].split(" ");
      ranges.add(new Range(Integer.parseInt(bounds[0]), Integer.parseInt(bounds[1]), fields[1]));
    }
  }

  /**
   * Words of a code.
   *
   * @param code as the table writes it, such as {@code 250.6}, {@code 38} or {@code V57}
   * @return the words; empty for what is no code
   */
  String of(String code) {
    String category = code.contains(".") ? code.substring(0, code.indexOf('.')) : code;
    if (category.matches("V\\d+")) {
      String words = codes.of("diagnosis", category);
      return words.isEmpty() ? "a history factor" : words;
    }
    if (category.matches("E\\d+")) {
      return "an outside cause";
    }
    if (!category.matches("\\d{1,3}")) {
      return "";
    }
    return category.equals(DIABETES) ? diabetes(code) : narrowest(Integer.parseInt(category));
  }

  /** The fifth digit tells the type; the table drops zeros at the end. */
  private static String diabetes(String code) {
    String digits = code.matches("250\\.\\d{1,2}") ? (code.substring(4) + "0") : "00";
    boolean first = digits.charAt(1) == '1' || digits.charAt(1) == '3';
    String complication = COMPLICATIONS.get(digits.charAt(0) - '0');
    return (first ? "type 1 diabetes" : "type 2 diabetes") + complication;
  }

  private String narrowest(int category) {
    Range best = null;
    for (Range range : ranges) {
      boolean holds = range.from <= category && category <= range.to;
      if (holds && (best == null || range.to - range.from <= best.to - best.from)) {
        best = range;
      }
    }
    return best == null ? "" : best.words;
  }
}
