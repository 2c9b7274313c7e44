package dev.sotto.cli;

import dev.sotto.base.InputException;
import dev.sotto.data.Split;
import dev.sotto.data.TextRecord;
import dev.sotto.data.synthetic.Canaries;
import dev.sotto.data.synthetic.Canary;
import dev.sotto.data.synthetic.ClinicalNotes;
import dev.sotto.data.synthetic.DiabetesNotes;
import dev.sotto.data.synthetic.SecretSpace;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** {@code sotto synthesize --kind diabetes-notes}: notes of a table, with canaries among them. */
final class DiabetesSynthesis {
  private static final Setting<Path> TABLE =
      Setting.path("table", "FILE", "diabetic_data.csv of the Diabetes-130 set, also with .gz");
  private static final Setting<Path> HELD_OUT =
      Setting.path("held-out", "FILE", "a new .csv file for notes of other patients");
  private static final Setting<Integer> HELD_OUT_RECORDS =
      Setting.count("held-out-records", "N", 1, "how many of them");
  private static final Setting<Integer> CANARIES =
      Setting.count(
          "canaries",
          "M",
          1,
          10_000,
          "make 2 M secrets and plant each by a fair coin, so about M of them, as notes of"
              + " made-up patients");
  private static final Setting<Path> CANARY_FILE =
      Setting.path(
          "canary-file", "FILE", "a new .jsonl file for all 2 M, which 'sotto audit' reads");
  private static final Setting<Integer> CANARY_REPEATS =
      Setting.count(
              "canary-repeats",
              "N",
              1,
              1000,
              "notes of each planted secret, of one patient; default: %s")
          .or(1);
  private static final Setting<Integer> CANARY_DIGITS =
      Setting.count("canary-digits", "N", 1, 12, "digits of a secret, 1 to 12; default: %s").or(6);

  /** Settings of this kind alone. */
  static final Section SECTION =
      Section.of(
          "For diabetes-notes",
          TABLE,
          HELD_OUT,
          HELD_OUT_RECORDS,
          CANARIES,
          CANARY_FILE,
          CANARY_REPEATS,
          CANARY_DIGITS);

  private DiabetesSynthesis() {}

  /** Fails if an option of this kind was given with another. */
  static void refuseFor(Values values) {
    for (Setting<?> setting : SECTION.settings()) {
      if (values.has(setting)) {
        throw new InputException(
            values.named(setting) + " goes with --kind diabetes-notes; give that, or leave it out");
      }
    }
  }

  static void run(Values values, int records, long seed, Path output, Console console) {
    requirePair(values, HELD_OUT, HELD_OUT_RECORDS);
    requirePair(values, CANARIES, CANARY_FILE);
    values.requireWith(CANARY_REPEATS, CANARIES);
    values.requireWith(CANARY_DIGITS, CANARIES);
    int heldOut = values.find(HELD_OUT_RECORDS).orElse(0);
    int pairs = values.find(CANARIES).orElse(0);
    int repeats = values.get(CANARY_REPEATS);
    SecretSpace space = new SecretSpace(values.get(CANARY_DIGITS));
    Path heldOutFile = heldOut == 0 ? null : newFile(values, HELD_OUT, ".csv");
    Path canaryFile = pairs == 0 ? null : newFile(values, CANARY_FILE, ".jsonl");
    requireDifferent(output, heldOutFile, canaryFile);
    DiabetesNotes notes = DiabetesNotes.read(values.get(TABLE));
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
    Report report = new Report();
    report.text(
        "wrote {} records of {} patients to {}",
        Fact.count("records", split.train().size() + canaryRecords),
        Fact.count("patients", split.train().stream().map(TextRecord::unit).distinct().count()),
        Fact.of("output", output));
    if (heldOutFile != null) {
      report.text(
          "wrote {} of other patients to {}",
          Fact.count("held_out_records", split.validation().size()),
          Fact.of("held_out", heldOutFile));
    }
    if (canaryFile != null) {
      report.text(
          "planted {} of {} canaries, each a patient more: {}",
          Fact.count("canaries_planted", canaries.stream().filter(Canary::planted).count()),
          Fact.count("canaries", canaries.size()),
          Fact.of("canary_file", canaryFile));
    }
    console.print(report);
  }

  private static void requirePair(Values values, Setting<?> one, Setting<?> other) {
    values.requireWith(one, other);
    values.requireWith(other, one);
  }

  /** A file that is not there yet and is named as its format. */
  static Path newFile(Values values, Setting<Path> setting, String extension) {
    Path file = values.get(setting);
    if (!file.toString().endsWith(extension)) {
      throw new InputException(
          values.named(setting) + " " + file + " does not end in " + extension + "; name it so");
    }
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
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
