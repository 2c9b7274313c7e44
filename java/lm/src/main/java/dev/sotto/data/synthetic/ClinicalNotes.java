package dev.sotto.data.synthetic;

import dev.sotto.base.AtomicFile;
import dev.sotto.data.TextRecord;
import dev.sotto.data.synthetic.MedicalLexicon.Complaint;
import dev.sotto.data.synthetic.MedicalLexicon.Condition;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.apache.commons.csv.CSVFormat;

/**
 * Notes in the clipped manner of a clinic, about patients who do not exist.
 *
 * <p>There is something to learn: the complaint decides finding, test, diagnosis and treatment;
 * lasting conditions decide the medicines and follow age; hypertension raises the pressure, an
 * infection the temperature. A patient has one to four notes, with the same age, sex and history,
 * so that the patient is the natural privacy unit. One seed gives one corpus.
 */
public final class ClinicalNotes {
  private static final List<String> OPENINGS =
      List.of(
          "{age} yo {sex} with {history} presents with {complaint} for {duration}.",
          "{age} yo {sex} with {history} seen today for {complaint}, onset {duration} ago.",
          "Pt is {age} yo {sex}, PMH {history}, brought by {bringer} with {complaint} for"
              + " {duration}.",
          "Clinic visit: {age} yo {sex} reports {complaint} for {duration}. Hx of {history}.");

  private static final List<String> SOCIAL =
      List.of("Former smoker.", "Current smoker.", "Never smoked.", "Lives alone.");
  private static final List<String> ALLERGIES =
      List.of("NKDA.", "No known allergies.", "Penicillin allergy.", "Sulfa allergy.");
  private static final List<String> DURATIONS =
      List.of(
          "one day", "two days", "three days", "five days", "one week", "two weeks", "one month");
  private static final List<String> ENDINGS =
      List.of(
          "Return precautions given.",
          "Follow up with primary care in one week.",
          "Follow up with PCP in two weeks.",
          "Discharged home, call if worse.",
          "Admitted for monitoring.",
          "Discussed with patient, who agrees.",
          "Recheck labs in one week.");

  private ClinicalNotes() {}

  /** What stays the same over a patient's notes. */
  private record Patient(String id, int age, boolean female, List<Condition> conditions) {
    String history() {
      List<String> names = conditions.stream().map(Condition::name).toList();
      return switch (names.size()) {
        case 0 -> "no past medical history";
        case 1 -> names.get(0);
        default ->
            String.join(", ", names.subList(0, names.size() - 1))
                + " and "
                + names.get(names.size() - 1);
      };
    }

    boolean has(String condition) {
      return conditions.stream().anyMatch(c -> c.name().equals(condition));
    }
  }

  /**
   * Makes notes.
   *
   * @param count how many, at least 0
   * @param seed any number
   * @return the notes; text of about 30 to 75 words, the unit is the patient's made-up number
   */
  public static List<TextRecord> generate(int count, long seed) {
    Grammar grammar = new Grammar(Map.of(), new Random(seed));
    Random random = grammar.random();
    List<TextRecord> notes = new ArrayList<>();
    for (int number = 1; notes.size() < count; number++) {
      Patient patient = patient(number, grammar);
      int visits = Math.min(1 + random.nextInt(4), count - notes.size());
      String allergy = grammar.pick(ALLERGIES);
      String social = grammar.pick(SOCIAL);
      for (int visit = 0; visit < visits; visit++) {
        notes.add(new TextRecord(null, note(patient, social, allergy, grammar), patient.id()));
      }
    }
    return notes;
  }

  private static Patient patient(int number, Grammar grammar) {
    Random random = grammar.random();
    int age = 18 + random.nextInt(73);
    List<Condition> conditions = new ArrayList<>();
    int wanted = Math.min(3, random.nextInt(2) + age / 30);
    for (int attempt = 0; attempt < 12 && conditions.size() < wanted; attempt++) {
      Condition condition = grammar.pick(MedicalLexicon.CONDITIONS);
      if (age >= condition.fromAge() && !conditions.contains(condition)) {
        conditions.add(condition);
      }
    }
    return new Patient(
        String.format(Locale.ROOT, "p%05d", number),
        age,
        random.nextBoolean(),
        List.copyOf(conditions));
  }

  private static String note(Patient patient, String social, String allergy, Grammar grammar) {
    Random random = grammar.random();
    Complaint complaint = grammar.pick(MedicalLexicon.COMPLAINTS);
    StringBuilder note = new StringBuilder();
    note.append(
        grammar.fill(
            grammar.pick(OPENINGS),
            Map.of(
                "age", String.valueOf(patient.age()),
                "sex", patient.female() ? "F" : "M",
                "history", patient.history(),
                "complaint", complaint.name(),
                "bringer", random.nextBoolean() ? "daughter" : "ambulance",
                "duration", grammar.pick(DURATIONS))));
    note.append(" Denies ").append(complaint.denied()).append('.');
    List<String> medicines =
        patient.conditions().stream().map(c -> grammar.pick(c.medicines())).toList();
    if (!medicines.isEmpty()) {
      note.append(" Meds: ").append(String.join(", ", medicines)).append('.');
    }
    if (random.nextInt(3) == 0) {
      note.append(' ').append(social);
    }
    if (random.nextInt(3) == 0) {
      note.append(' ').append(allergy);
    }
    note.append(vitals(patient, complaint, random));
    note.append(" Exam: ").append(complaint.finding()).append('.');
    note.append(' ').append(Grammar.capitalised(complaint.test())).append(' ');
    note.append(complaint.outcome()).append('.');
    boolean terse = random.nextBoolean();
    note.append(terse ? " A/P: " : " Impression: ").append(complaint.diagnosis());
    note.append(terse ? ", start " : ". Plan: ").append(complaint.treatment()).append('.');
    return note.append(' ').append(grammar.pick(ENDINGS)).toString();
  }

  private static String vitals(Patient patient, Complaint complaint, Random random) {
    int systolic = 110 + random.nextInt(20) + (patient.has("hypertension") ? 30 : 0);
    int diastolic = systolic / 2 + 5 + random.nextInt(10);
    boolean racing = complaint.name().equals("palpitations");
    int pulse = 62 + random.nextInt(28) + (racing ? 55 : 0);
    boolean fever =
        complaint.name().contains("fever")
            || List.of("strep throat", "acute appendicitis").contains(complaint.diagnosis());
    int tenths = fever ? 382 + random.nextInt(12) : 364 + random.nextInt(8);
    String temperature = tenths / 10 + "." + tenths % 10;
    return " BP " + systolic + "/" + diastolic + ", HR " + pulse + ", Temp " + temperature + ".";
  }

  /**
   * Writes notes as CSV with the columns {@code patient} and {@code text}.
   *
   * @param file the file, replaced if it exists
   * @param notes the notes
   * @throws dev.sotto.base.InputException if it cannot be written
   */
  public static void writeCsv(Path file, List<TextRecord> notes) {
    StringBuilder csv = new StringBuilder("patient,text\n");
    for (TextRecord note : notes) {
      csv.append(CSVFormat.DEFAULT.format(note.unit(), note.text())).append('\n');
    }
    AtomicFile.write(file, csv.toString().getBytes(StandardCharsets.UTF_8));
  }
}
