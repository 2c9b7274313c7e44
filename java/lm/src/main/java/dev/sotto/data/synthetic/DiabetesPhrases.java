package dev.sotto.data.synthetic;

import dev.sotto.data.synthetic.DiabetesTable.Encounter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Words a row of the Diabetes-130 table as a note. What the row does not say is left out. */
final class DiabetesPhrases {
  private static final List<String> LABS =
      List.of(
          "{labs} labs and {medicines} drugs",
          "{labs} labs, {medicines} medicines",
          "Labs {labs}, drugs {medicines}");

  private final CodeWords codes = new CodeWords();
  private final DiagnosisWords diagnoses = new DiagnosisWords(codes);

  /** The note, a few sentences on one line. */
  String note(Encounter encounter, Grammar grammar) {
    List<String> sentences = new ArrayList<>();
    sentences.addAll(admission(encounter, grammar));
    sentences.add(diagnosis(encounter, grammar));
    sentences.add(workup(encounter, grammar));
    sentences.add(sugar(encounter, grammar));
    sentences.addAll(treatment(encounter, grammar));
    sentences.addAll(outcome(encounter, grammar));
    return sentences.stream()
        .filter(sentence -> !sentence.isEmpty())
        .map(sentence -> Grammar.capitalised(sentence) + ".")
        .collect(Collectors.joining(" "));
  }

  private List<String> admission(Encounter encounter, Grammar grammar) {
    String type = codes.of("admission_type_id", encounter.get("admission_type_id"));
    String source = codes.of("admission_source_id", encounter.get("admission_source_id"));
    String specialty = codes.of("medical_specialty", encounter.get("medical_specialty"));
    String days = counted(number(encounter, "time_in_hospital"), "day", "days");
    String person = person(encounter, grammar);
    String admission = words(type, "admission");
    String under = specialty.isEmpty() ? "" : "under " + specialty;
    String stay = days.isEmpty() ? "" : grammar.pick(List.of("stayed ", "LOS ")) + days;
    return switch (grammar.random().nextInt(3)) {
      case 0 -> List.of(commas(person, words(admission, source), under, stay));
      case 1 -> List.of(commas(words(admission, source), person), commas(under, stay));
      default -> List.of(commas(person, stay, under), words(admission, source));
    };
  }

  private static String person(Encounter encounter, Grammar grammar) {
    String letter =
        switch (encounter.get("gender")) {
          case "Female" -> "F";
          case "Male" -> "M";
          default -> "";
        };
    String age = encounter.get("age").matches("\\[\\d+-\\d+\\)") ? encounter.get("age") : "";
    if (!age.isEmpty()) {
      String[] bounds = age.substring(1, age.length() - 1).split("-");
      age = bounds[0] + "-" + (Integer.parseInt(bounds[1]) - 1);
    }
    if (letter.isEmpty() || age.isEmpty()) {
      return words("patient", age.isEmpty() ? letter : "aged " + age);
    }
    String noun = letter.equals("F") ? "woman" : "man";
    return switch (grammar.random().nextInt(3)) {
      case 0 -> age + " yo " + letter;
      case 1 -> noun + " aged " + age;
      default -> letter + " " + age + " years";
    };
  }

  private String diagnosis(Encounter encounter, Grammar grammar) {
    List<String> found =
        DiabetesTable.DIAGNOSES.stream()
            .map(column -> diagnoses.of(encounter.get(column)))
            .filter(words -> !words.isEmpty())
            .distinct()
            .toList();
    if (found.isEmpty()) {
      return "";
    }
    if (found.size() == 1) {
      return grammar.pick(List.of("Dx ", "Main dx ", "Treated for ")) + found.get(0);
    }
    String rest = listed(found.subList(1, found.size()));
    return switch (grammar.random().nextInt(4)) {
      case 0 -> "Dx " + listed(found);
      case 1 -> "Main dx " + found.get(0) + ", also " + rest;
      case 2 -> "Treated for " + found.get(0) + " with " + rest;
      default -> "Came with " + found.get(0) + ", hx " + rest;
    };
  }

  private static String workup(Encounter encounter, Grammar grammar) {
    String labs = number(encounter, "num_lab_procedures");
    String medicines = number(encounter, "num_medications");
    String procedures = number(encounter, "num_procedures");
    boolean none = procedures.isEmpty() || procedures.equals("0");
    String extra = none ? "" : counted(procedures, "procedure", "procedures");
    if (labs.isEmpty() || medicines.isEmpty()) {
      return extra;
    }
    Map<String, String> bound = Map.of("labs", labs, "medicines", medicines);
    return commas(grammar.fill(grammar.pick(LABS), bound), extra);
  }

  private String sugar(Encounter encounter, Grammar grammar) {
    String a1c = codes.of("A1Cresult", encounter.get("A1Cresult"));
    String glucose = codes.of("max_glu_serum", encounter.get("max_glu_serum"));
    boolean told = grammar.random().nextInt(4) == 0;
    if (a1c.isEmpty() && glucose.isEmpty()) {
      return told ? "A1C not measured" : "";
    }
    return commas(
        a1c.isEmpty() ? "" : "A1C " + a1c, glucose.isEmpty() ? "" : "serum glucose " + glucose);
  }

  private static List<String> treatment(Encounter encounter, Grammar grammar) {
    boolean brief = grammar.random().nextBoolean();
    String medicines =
        Stream.of(
                medicines(encounter, "Up", brief ? "up" : "increased"),
                medicines(encounter, "Down", brief ? "down" : "reduced"),
                medicines(encounter, "Steady", brief ? "steady" : "continued"))
            .filter(words -> !words.isEmpty())
            .collect(Collectors.joining(", "));
    boolean without = encounter.get("diabetesMed").equals("No");
    if (medicines.isEmpty() && without) {
      medicines = grammar.pick(List.of("no diabetes medicine", "no diabetes drug"));
    }
    String change =
        switch (encounter.get("change")) {
          case "Ch" -> grammar.pick(List.of("treatment changed", "regimen changed"));
          case "No" -> grammar.pick(List.of("treatment unchanged", "regimen unchanged"));
          default -> "";
        };
    return List.of(medicines, change);
  }

  private static String medicines(Encounter encounter, String value, String words) {
    List<String> names =
        DiabetesTable.MEDICINES.stream()
            .filter(medicine -> encounter.get(medicine).equals(value))
            .toList();
    return names.isEmpty() ? "" : listed(names) + " " + words;
  }

  private List<String> outcome(Encounter encounter, Grammar grammar) {
    String disposition =
        codes.of("discharge_disposition_id", encounter.get("discharge_disposition_id"));
    String stays = number(encounter, "number_inpatient");
    String before =
        stays.isEmpty() || stays.equals("0") ? "" : counted(stays, "earlier stay", "earlier stays");
    String readmitted =
        switch (encounter.get("readmitted")) {
          case "<30" -> grammar.pick(List.of("readmitted within 30 days", "back within 30 days"));
          case ">30" -> grammar.pick(List.of("readmitted after 30 days", "back after 30 days"));
          case "NO" -> grammar.pick(List.of("not readmitted", "no readmission"));
          default -> "";
        };
    // Nobody is readmitted who has died.
    return List.of(before, disposition, disposition.startsWith("died") ? "" : readmitted);
  }

  /** A number of the row; empty where it is missing. */
  private static String number(Encounter encounter, String column) {
    String value = encounter.get(column);
    return value.matches("\\d+") ? value : "";
  }

  private static String counted(String number, String one, String many) {
    return number.isEmpty() ? "" : number + " " + (number.equals("1") ? one : many);
  }

  private static String listed(List<String> names) {
    int last = names.size() - 1;
    return last == 0
        ? names.get(0)
        : String.join(", ", names.subList(0, last)) + " and " + names.get(last);
  }

  private static String commas(String... parts) {
    return joined(", ", parts);
  }

  private static String words(String... parts) {
    return joined(" ", parts);
  }

  private static String joined(String between, String... parts) {
    return Stream.of(parts).filter(part -> !part.isEmpty()).collect(Collectors.joining(between));
  }
}
