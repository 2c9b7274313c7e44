package dev.sotto.cli;

import dev.sotto.base.InputException;
import dev.sotto.data.Split;
import dev.sotto.data.TextRecord;
import dev.sotto.data.synthetic.Canaries;
import dev.sotto.data.synthetic.Canary;
import dev.sotto.data.synthetic.ClinicalNotes;
import dev.sotto.data.synthetic.DiabetesNotes;
import dev.sotto.data.synthetic.SecretSpace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** {@code sotto synthesize --kind diabetes-notes}: notes of a table, with canaries among them. */
final class DiabetesSynthesis {
  private static final int MOST_CANARIES = 10_000;
  private static final int MOST_REPEATS = 1000;
  private static final int DEFAULT_DIGITS = 6;

  /** Options of this kind alone. */
  private static final List<String> OPTIONS =
      List.of(
          "table",
          "held-out",
          "held-out-records",
          "canaries",
          "canary-file",
          "canary-repeats",
          "canary-digits");

  private DiabetesSynthesis() {}

  static OptionTable addTo(OptionTable table) {
    return table
        .section("For diabetes-notes")
        .value("table", "FILE", "diabetic_data.csv of the Diabetes-130 set, also with .gz")
        .value("held-out", "FILE", "a new .csv file for notes of other patients")
        .value("held-out-records", "N", "how many of them")
        .value(
            "canaries",
            "M",
            "make 2 M secrets and plant each by a fair coin, so about M of them, as notes of"
                + " made-up patients")
        .value("canary-file", "FILE", "a new .jsonl file for all 2 M, which 'sotto audit' reads")
        .value("canary-repeats", "N", "notes of each planted secret, of one patient; default: 1")
        .value("canary-digits", "N", "digits of a secret, 1 to 12; default: " + DEFAULT_DIGITS);
  }

  /** Fails if an option of this kind was given with another. */
  static void refuseFor(Arguments arguments) {
    for (String option : OPTIONS) {
      if (arguments.has(option)) {
        throw new InputException(
            "--" + option + " goes with --kind diabetes-notes; give that, or leave it out");
      }
    }
  }

  static void run(Arguments arguments, int records, long seed, Path output, Console console) {
    requirePair(arguments, "held-out", "held-out-records");
    requirePair(arguments, "canaries", "canary-file");
    for (String option : List.of("canary-repeats", "canary-digits")) {
      if (arguments.has(option)) {
        requireWith(arguments, option, "canaries");
      }
    }
    int heldOut = (int) arguments.wholeOr("held-out-records", 0, 1, Integer.MAX_VALUE);
    int pairs = (int) arguments.wholeOr("canaries", 0, 1, MOST_CANARIES);
    int repeats = (int) arguments.wholeOr("canary-repeats", 1, 1, MOST_REPEATS);
    SecretSpace space =
        new SecretSpace((int) arguments.wholeOr("canary-digits", DEFAULT_DIGITS, 1, 12));
    Path heldOutFile = heldOut == 0 ? null : newFile(arguments, "held-out", ".csv");
    Path canaryFile = pairs == 0 ? null : newFile(arguments, "canary-file", ".jsonl");
    requireDifferent(output, heldOutFile, canaryFile);
    DiabetesNotes notes = DiabetesNotes.read(arguments.path("table"));
    if ((long) records + heldOut > notes.encounters()) {
      throw new InputException(
          "--records "
              + records
              + (heldOut == 0 ? "" : " and --held-out-records " + heldOut)
              + " are more than the table's "
              + notes.encounters()
              + " encounters; ask for fewer");
    }
    Split split = notes.split(records, heldOut, seed);
    List<Canary> canaries = pairs == 0 ? List.of() : Canaries.generate(2 * pairs, space, seed);
    List<TextRecord> train = new ArrayList<>(split.train());
    List<TextRecord> planted = Canaries.records(canaries, repeats);
    train.addAll(planted);
    Collections.shuffle(train, new Random(seed));
    ClinicalNotes.writeCsv(output, train);
    if (heldOutFile != null) {
      ClinicalNotes.writeCsv(heldOutFile, split.validation());
    }
    if (canaryFile != null) {
      Canaries.write(canaryFile, canaries);
    }
    print(output, split, heldOutFile, canaryFile, canaries, planted.size(), console);
  }

  private static void print(
      Path output,
      Split split,
      Path heldOutFile,
      Path canaryFile,
      List<Canary> canaries,
      int canaryRecords,
      Console console) {
    Map<String, Object> fields = new LinkedHashMap<>();
    int total = split.train().size() + canaryRecords;
    long patients = split.train().stream().map(TextRecord::unit).distinct().count();
    console.line(
        "wrote "
            + Figures.count(total)
            + " records of "
            + Figures.count(patients)
            + " patients to "
            + output);
    fields.put("output", output.toString());
    fields.put("records", total);
    fields.put("patients", patients);
    if (heldOutFile != null) {
      int count = split.validation().size();
      console.line("wrote " + Figures.count(count) + " of other patients to " + heldOutFile);
      fields.put("held_out", heldOutFile.toString());
      fields.put("held_out_records", count);
    }
    if (canaryFile != null) {
      long planted = canaries.stream().filter(Canary::planted).count();
      console.line(
          "planted "
              + Figures.count(planted)
              + " of "
              + Figures.count(canaries.size())
              + " canaries, each a patient more: "
              + canaryFile);
      fields.put("canary_file", canaryFile.toString());
      fields.put("canaries", canaries.size());
      fields.put("canaries_planted", planted);
    }
    console.result(fields);
  }

  private static void requirePair(Arguments arguments, String one, String other) {
    if (arguments.has(one) || arguments.has(other)) {
      requireWith(arguments, arguments.has(one) ? one : other, arguments.has(one) ? other : one);
    }
  }

  private static void requireWith(Arguments arguments, String given, String needed) {
    if (!arguments.has(needed)) {
      throw new InputException(
          "--" + given + " goes with --" + needed + "; give that too, or leave it out");
    }
  }

  /** A file that is not there yet and is named as its format. */
  static Path newFile(Arguments arguments, String option, String extension) {
    Path file = arguments.path(option);
    if (!file.toString().endsWith(extension)) {
      throw new InputException(
          "--" + option + " " + file + " does not end in " + extension + "; name it so");
    }
    if (Files.exists(file)) {
      throw new InputException(file + ": exists already; name a new file or delete it");
    }
    return file;
  }

  private static void requireDifferent(Path... files) {
    Set<Path> seen = new HashSet<>();
    for (Path file : files) {
      if (file != null && !seen.add(file.toAbsolutePath().normalize())) {
        throw new InputException(file + " is named for two outputs; name a file for each");
      }
    }
  }
}
