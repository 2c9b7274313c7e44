package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.data.DataColumns;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.TextRecord;
import dev.sotto.data.synthetic.Canaries;
import dev.sotto.data.synthetic.Canary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiabetesSynthesisTest {
  private static final String HEAD =
      "encounter_id,patient_nbr,gender,age,admission_type_id,discharge_disposition_id,"
          + "admission_source_id,time_in_hospital,medical_specialty,num_lab_procedures,"
          + "num_procedures,num_medications,number_inpatient,diag_1,diag_2,diag_3,max_glu_serum,"
          + "A1Cresult,metformin,repaglinide,nateglinide,chlorpropamide,glimepiride,"
          + "acetohexamide,glipizide,glyburide,tolbutamide,pioglitazone,rosiglitazone,acarbose,"
          + "miglitol,troglitazone,tolazamide,examide,citoglipton,insulin,glyburide-metformin,"
          + "glipizide-metformin,glimepiride-pioglitazone,metformin-rosiglitazone,"
          + "metformin-pioglitazone,change,diabetesMed,readmitted\n";

  @TempDir Path dir;

  /** 60 encounters of 40 patients. */
  static Path table(Path dir) throws IOException {
    StringBuilder csv = new StringBuilder(HEAD);
    for (int i = 0; i < 60; i++) {
      csv.append(100 + i).append(',').append(i % 40);
      csv.append(",Male,[60-70),1,1,7,")
          .append(1 + i % 9)
          .append(",?,40,0,9,0,428,?,250,None,None,");
      csv.append("No,".repeat(17)).append("Up,").append("No,".repeat(5)).append("Ch,Yes,NO\n");
    }
    return Files.writeString(dir.resolve("table.csv"), csv);
  }

  private CommandRun synthesize(String... more) {
    List<String> args = new ArrayList<>(List.of("synthesize", "--kind", "diabetes-notes"));
    if (!List.of(more).contains("--output")) {
      args.addAll(List.of("--output", file("notes.csv")));
    }
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  private String file(String name) {
    return dir.resolve(name).toString();
  }

  private static Set<String> units(List<TextRecord> records) {
    return records.stream().map(TextRecord::unit).collect(Collectors.toCollection(HashSet::new));
  }

  @Test
  void writesNotesHeldOutPatientsAndCanaries() throws IOException {
    JsonNode result =
        synthesize(
                "--table",
                table(dir).toString(),
                "--records",
                "30",
                "--held-out",
                file("held.csv"),
                "--held-out-records",
                "12",
                "--canaries",
                "20",
                "--canary-file",
                file("canaries.jsonl"),
                "--canary-repeats",
                "2",
                "--canary-digits",
                "4",
                "--json")
            .json();
    DataColumns columns = DataColumns.text("text").withUnit("patient");
    List<TextRecord> notes = RecordFiles.read(dir.resolve("notes.csv"), columns);
    List<TextRecord> held = RecordFiles.read(dir.resolve("held.csv"), columns);
    List<Canary> canaries = Canaries.read(dir.resolve("canaries.jsonl"));
    List<Canary> planted = canaries.stream().filter(Canary::planted).toList();
    assertEquals(40, canaries.size());
    assertEquals(planted.size(), result.get("canaries_planted").asInt());
    assertEquals(30 + 2 * planted.size(), notes.size());
    assertEquals(notes.size(), result.get("records").asInt());
    assertEquals(12, held.size());
    Set<String> shared = units(notes);
    shared.retainAll(units(held));
    assertEquals(Set.of(), shared);
    for (Canary canary : canaries) {
      assertTrue(canary.secret().matches("\\d( \\d){3}"), canary.secret());
      long copies = notes.stream().filter(note -> note.text().equals(canary.text())).count();
      assertEquals(canary.planted() ? 2 : 0, copies);
      assertTrue(held.stream().noneMatch(note -> note.text().contains(canary.secret())));
    }
  }

  @Test
  void plainNotesNeedNothingMore() throws IOException {
    String out = synthesize("--table", table(dir).toString(), "--records", "5").succeeded().out();
    assertTrue(out.startsWith("wrote 5 records of "), out);
  }

  @Test
  void badInputIsOneLine() throws IOException {
    String table = table(dir).toString();
    String canaryFile = file("c.jsonl");
    synthesize("--records", "5").refused("--table is missing");
    synthesize("--table", file("none.csv"), "--records", "5").refused("none.csv", "no such file");
    Path other = Files.writeString(dir.resolve("other.csv"), "patient_nbr,text\n1,a\n");
    synthesize("--table", other.toString(), "--records", "5")
        .refused("other.csv", "'encounter_id'");
    synthesize("--table", table, "--records", "61").refused("--records 61", "60 encounters");
    synthesize(
            "--table",
            table,
            "--records",
            "50",
            "--held-out",
            file("h.csv"),
            "--held-out-records",
            "11")
        .refused("--records 50", "--held-out-records 11", "60 encounters");
    synthesize("--table", table, "--records", "5", "--held-out", file("h.csv"))
        .refused("--held-out goes with --held-out-records");
    synthesize("--table", table, "--records", "5", "--held-out-records", "3")
        .refused("--held-out-records goes with --held-out");
    synthesize("--table", table, "--records", "5", "--canaries", "3")
        .refused("--canaries goes with --canary-file");
    synthesize("--table", table, "--records", "5", "--canary-repeats", "3")
        .refused("--canary-repeats goes with --canaries");
    synthesize("--table", table, "--records", "5", "--canaries", "0", "--canary-file", canaryFile)
        .refused("--canaries 0");
    synthesize(
            "--table",
            table,
            "--records",
            "5",
            "--canaries",
            "3",
            "--canary-file",
            canaryFile,
            "--canary-digits",
            "13")
        .refused("--canary-digits 13");
    synthesize(
            "--table", table, "--records", "5", "--canaries", "3", "--canary-file", file("c.csv"))
        .refused("--canary-file", ".jsonl");
    synthesize(
            "--table",
            table,
            "--records",
            "5",
            "--held-out",
            file("notes.csv"),
            "--held-out-records",
            "3")
        .refused("notes.csv", "two outputs");
    synthesize("--table", table, "--records", "5", "--output", table).refused("exists already");
    CommandRun.of(
            "synthesize",
            "--kind",
            "clinical-notes",
            "--records",
            "5",
            "--output",
            file("notes.csv"),
            "--table",
            table)
        .refused("--table goes with --kind diabetes-notes");
    assertFalse(Files.exists(dir.resolve("notes.csv")));
    assertFalse(Files.exists(dir.resolve("c.jsonl")));
  }
}
