package dev.sotto.data.synthetic;

import dev.sotto.base.InputException;
import dev.sotto.data.RecordFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The encounters of a Diabetes-130 table, column by name. */
final class DiabetesTable {
  /** Columns of medicines, each with the values No, Steady, Up or Down. */
  static final List<String> MEDICINES =
      List.of(
          "metformin",
          "repaglinide",
          "nateglinide",
          "chlorpropamide",
          "glimepiride",
          "acetohexamide",
          "glipizide",
          "glyburide",
          "tolbutamide",
          "pioglitazone",
          "rosiglitazone",
          "acarbose",
          "miglitol",
          "troglitazone",
          "tolazamide",
          "examide",
          "citoglipton",
          "insulin",
          "glyburide-metformin",
          "glipizide-metformin",
          "glimepiride-pioglitazone",
          "metformin-rosiglitazone",
          "metformin-pioglitazone");

  static final List<String> DIAGNOSES = List.of("diag_1", "diag_2", "diag_3");

  private static final List<String> COLUMNS =
      Stream.of(
              List.of(
                  "encounter_id",
                  "patient_nbr",
                  "gender",
                  "age",
                  "admission_type_id",
                  "discharge_disposition_id",
                  "admission_source_id",
                  "time_in_hospital",
                  "medical_specialty",
                  "num_lab_procedures",
                  "num_procedures",
                  "num_medications",
                  "number_inpatient"),
              DIAGNOSES,
              List.of("max_glu_serum", "A1Cresult"),
              MEDICINES,
              List.of("change", "diabetesMed", "readmitted"))
          .flatMap(List::stream)
          .toList();

  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

  private static final Map<String, Integer> INDEX = new HashMap<>();

  static {
    COLUMNS.forEach(column -> INDEX.put(column, INDEX.size()));
  }

  private DiabetesTable() {}

  /** One stay in hospital. */
  record Encounter(List<String> values) {
    /** The value as it stands in the table; {@code ?} where it is missing. */
    String get(String column) {
      return values.get(INDEX.get(column));
    }
  }

  /**
   * Reads the table.
   *
   * @param file {@code diabetic_data.csv}, possibly with {@code .gz}
   * @return the encounters in the file's order, at least one
   * @throws InputException if the file is not such a table
   */
  static List<Encounter> read(Path file) {
    List<Encounter> encounters = new ArrayList<>();
    // Few different values fill the table; without sharing it would not fit a small heap.
    Map<String, String> shared = new HashMap<>();
    RecordFiles.readTable(
        file,
        COLUMNS,
        row -> {
          Encounter encounter =
              new Encounter(
                  row.stream().map(value -> shared.computeIfAbsent(value, v -> v)).toList());
          requireNumber(file, encounter, "patient_nbr", encounters.size() + 1);
          requireNumber(file, encounter, "encounter_id", encounters.size() + 1);
          encounters.add(encounter);
        });
    if (encounters.isEmpty()) {
      throw new InputException(
          file + ": holds no encounters; name diabetic_data.csv of the Diabetes-130 set");
    }
    return encounters;
  }

  private static void requireNumber(Path file, Encounter encounter, String column, int row) {
    if (!NUMBER.matcher(encounter.get(column)).matches()) {
      throw new InputException(
          file
              + ": row "
              + row
              + ": '"
              + column
              + "' is not a number; name diabetic_data.csv of the Diabetes-130 set");
    }
  }
}
