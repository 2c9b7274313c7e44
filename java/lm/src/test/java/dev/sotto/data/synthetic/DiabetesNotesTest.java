package dev.sotto.data.synthetic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.data.SharedFiles;
import dev.sotto.data.Split;
import dev.sotto.data.TextRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiabetesNotesTest {
  private static final Pattern FAULT = Pattern.compile("[?{}|\\[\\]<>]|  | [.,]|\\.\\.|,,|NULL");

  private static final List<String> HEAD =
      List.of(
          "encounter_id,patient_nbr,gender,age,admission_type_id,discharge_disposition_id",
          "admission_source_id,time_in_hospital,medical_specialty,num_lab_procedures",
          "num_procedures,num_medications,number_inpatient,diag_1,diag_2,diag_3,max_glu_serum",
          "A1Cresult",
          String.join(",", DiabetesTable.MEDICINES),
          "change,diabetesMed,readmitted");

  @TempDir Path dir;

  private static String row(String start, String medicine, String end) {
    return start
        + ","
        + String.join(
            ",",
            DiabetesTable.MEDICINES.stream()
                .map(name -> name.equals("insulin") ? medicine : "No")
                .toList())
        + ","
        + end;
  }

  private Path table(String... rows) throws IOException {
    String text = String.join(",", HEAD) + "\n" + String.join("\n", rows) + "\n";
    return Files.writeString(dir.resolve("table.csv"), text);
  }

  private Path tinyTable() throws IOException {
    return table(
        row(
            "11,1,Female,[70-80),1,1,7,5,Cardiology,44,2,14,1,428,250.6,401,>300,>8",
            "Up",
            "Ch,Yes,<30"),
        row("12,1,Female,[70-80),1,11,7,1,?,30,0,9,0,486,?,?,None,None", "No", "No,No,NO"),
        row("13,2,?,?,6,18,17,?,?,?,?,?,?,?,?,?,None,None", "No", "No,No,NO"),
        row(
            "14,3,Male,[0-10),3,3,1,2,Surgery-Neuro,8,1,4,0,V57,E888,38,Norm,Norm",
            "Steady",
            "No,Yes,>30"));
  }

  @Test
  void notesCarryTheFactsOfTheirRow() throws IOException {
    for (long seed = 0; seed < 20; seed++) {
      List<TextRecord> notes = DiabetesNotes.read(tinyTable()).all(seed);
      assertEquals(List.of("1", "1", "2", "3"), notes.stream().map(TextRecord::unit).toList());
      String first = notes.get(0).text();
      for (String fact :
          List.of(
              "70-79",
              "mergency admission",
              "via ER",
              "5 days",
              "cardiology",
              "44",
              "14",
              "2 procedures",
              "heart failure",
              "type 2 diabetes with nerve damage",
              "hypertension",
              "glucose above 300",
              "A1C above 8",
              "changed",
              "within 30 days",
              "1 earlier stay")) {
        assertTrue(first.contains(fact), fact + " in " + first);
      }
      assertTrue(first.contains("nsulin up") || first.contains("nsulin increased"), first);
      assertTrue(notes.get(1).text().contains("Died in hospital"), notes.get(1).text());
      assertFalse(notes.get(1).text().contains("readmi"), "the dead are not readmitted");
      assertTrue(notes.get(3).text().contains("sepsis"), notes.get(3).text());
      assertTrue(notes.get(3).text().contains("1 procedure."), notes.get(3).text());
      notes.forEach(note -> assertFalse(FAULT.matcher(note.text()).find(), note.text()));
    }
  }

  @Test
  void diabetesCodesTellTypeAndComplication() {
    DiagnosisWords words = new DiagnosisWords(new CodeWords());
    assertEquals("type 2 diabetes", words.of("250"));
    assertEquals("type 1 diabetes", words.of("250.01"));
    assertEquals("type 1 diabetes with ketoacidosis", words.of("250.13"));
    assertEquals("type 2 diabetes with complications", words.of("250.8"));
    assertEquals("pneumonia", words.of("486"));
    assertEquals("a lung disorder", words.of("519"));
    assertEquals("cancer", words.of("150"));
    assertEquals("a fracture", words.of("823"));
    assertEquals("an outside cause", words.of("E888"));
    assertEquals("", words.of("?"));
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Path none = dir.resolve("none.csv");
    refused(none, "none.csv", "no such file");
    Path notes = Files.writeString(dir.resolve("notes.csv"), "patient,text\np1,fine\n");
    refused(notes, "notes.csv", "'encounter_id'", "--show-values");
    String head = String.join(",", HEAD).replace("A1Cresult,", "");
    refused(Files.writeString(dir.resolve("cut.csv"), head + "\n"), "cut.csv", "'A1Cresult'");
    refused(table(), "table.csv", "no encounters", "diabetic_data.csv");
    refused(
        table(row("1,?,Male,[0-10),1,1,1,1,?,1,1,1,1,1,1,1,None,None", "No", "No,No,NO")),
        "row 1",
        "'patient_nbr'");
    refused(Files.writeString(dir.resolve("a.csv.gz"), "not gzip"), "a.csv.gz", "gzip");
  }

  private static void refused(Path file, String... words) {
    String message =
        assertThrows(InputException.class, () -> DiabetesNotes.read(file)).getMessage();
    for (String word : words) {
      assertTrue(message.contains(word), word + " in " + message);
    }
  }

  @Test
  void splitsShareNoPatient() throws IOException {
    DiabetesNotes notes = DiabetesNotes.read(tinyTable());
    for (long seed = 0; seed < 10; seed++) {
      Split split = notes.split(1, 1, seed);
      assertEquals(1, split.train().size());
      assertEquals(1, split.validation().size());
      assertNotEquals(split.train().get(0).unit(), split.validation().get(0).unit());
    }
    InputException refused = assertThrows(InputException.class, () -> notes.split(3, 2, 0));
    assertTrue(refused.getMessage().contains("4 encounters"), refused.getMessage());
  }

  @Test
  void theRealTableGivesANoteForEachEncounter() {
    DiabetesNotes notes =
        DiabetesNotes.read(SharedFiles.require("data/diabetes/diabetic_data.csv.gz"));
    assertEquals(101_766, notes.encounters());
    assertEquals(71_518, notes.patients());
    List<TextRecord> all = notes.all(7);
    assertEquals(101_766, all.size());
    assertEquals(71_518, units(all).size());
    int fitting = 0;
    for (TextRecord note : all) {
      assertFalse(FAULT.matcher(note.text()).find(), note.text());
      int words = note.text().split(" ").length;
      assertTrue(words >= 12 && words <= 75, note.text());
      fitting += words >= 24 && words <= 46 ? 1 : 0;
    }
    assertTrue(fitting > 0.9 * all.size(), "notes of the wanted length: " + fitting);
    assertTrue(new HashSet<>(all.stream().map(TextRecord::text).toList()).size() > 100_000);

    Split split = notes.split(20_000, 5_000, 7);
    assertEquals(20_000, split.train().size());
    assertEquals(5_000, split.validation().size());
    Set<String> shared = units(split.train());
    shared.retainAll(units(split.validation()));
    assertEquals(Set.of(), shared);
    assertEquals(split, notes.split(20_000, 5_000, 7));
    assertNotEquals(split, notes.split(20_000, 5_000, 8));
    assertTrue(new HashSet<>(all).containsAll(split.train()), "wording depends on the row alone");
  }

  private static Set<String> units(List<TextRecord> notes) {
    return notes.stream().map(TextRecord::unit).collect(Collectors.toCollection(HashSet::new));
  }
}
