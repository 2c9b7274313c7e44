package dev.sotto.cli;

import dev.sotto.base.InputException;
import dev.sotto.data.TextRecord;
import dev.sotto.data.synthetic.ClinicalNotes;
import dev.sotto.data.synthetic.PublicText;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** {@code sotto synthesize}: text to try things on. */
final class SynthesizeCommand implements Command {
  private static final int MOST_RECORDS = 1_000_000;

  private enum Kind {
    PUBLIC_TEXT,
    CLINICAL_NOTES,
    DIABETES_NOTES
  }

  private static final Setting<Kind> KIND = Setting.choice("kind", "KIND", Kind.class, "%s");
  private static final Setting<Integer> RECORDS =
      Setting.count("records", "N", 1, MOST_RECORDS, "how many lines of prose, or notes");
  private static final Setting<Path> OUTPUT =
      Setting.path("output", "FILE", "a new file: .txt for public-text, .csv for notes");
  private static final Setting<Long> SEED =
      Setting.seed("seed", "another seed, another text; default: %s").or(0L);

  @Override
  public String name() {
    return "synthesize";
  }

  @Override
  public String summary() {
    return "write text to try things on: public prose, or clinical-style notes";
  }

  @Override
  public String usage() {
    return "--kind KIND --records N --output FILE [options]";
  }

  @Override
  public String description() {
    return """
        public-text is prose, one record a line, for 'sotto pretrain'. clinical-notes is CSV with the
        columns patient and text, a stand-in for a private corpus, of no real patient. diabetes-notes
        words the encounters of the Diabetes-130 table in the same form; no patient is in both the
        output and the held-out file, and secrets of made-up patients can be planted for 'sotto
        audit' to ask for. One seed gives one text.""";
  }

  @Override
  public List<Section> settings() {
    return List.of(Section.of("Options", KIND, RECORDS, OUTPUT, SEED), DiabetesSynthesis.SECTION);
  }

  @Override
  public List<String> examples() {
    return List.of(
        "synthesize --kind clinical-notes --records 5000 --seed 1 --output notes.csv",
        "synthesize --kind diabetes-notes --table diabetic_data.csv.gz --records 20000"
            + " --output notes.csv \\\n      --held-out held-out.csv --held-out-records 2000"
            + " --canaries 100 --canary-file canaries.jsonl");
  }

  @Override
  public void run(Values values, Console console) {
    Kind kind = values.get(KIND);
    int records = values.get(RECORDS);
    long seed = values.get(SEED);
    Path output = values.get(OUTPUT);
    String extension = kind == Kind.PUBLIC_TEXT ? ".txt" : ".csv";
    if (!output.toString().endsWith(extension)) {
      throw new InputException(
          "--output "
              + output
              + " does not end in "
              + extension
              + ", the format of "
              + values.shown(KIND)
              + "; name it so");
    }
    if (Files.exists(output, LinkOption.NOFOLLOW_LINKS)) {
      throw new InputException(output + ": exists already; name a new file or delete it");
    }
    if (kind == Kind.DIABETES_NOTES) {
      DiabetesSynthesis.run(values, records, seed, output, console);
      return;
    }
    DiabetesSynthesis.refuseFor(values);
    if (kind == Kind.PUBLIC_TEXT) {
      PublicText.writeText(output, pairs(PublicText.generate(2 * records, seed)));
    } else {
      List<TextRecord> notes = ClinicalNotes.generate(records, seed);
      ClinicalNotes.writeCsv(output, notes);
    }
    Report report = new Report();
    report.text(
        "wrote {} to {}", Fact.count("records", records, "record"), Fact.of("output", output));
    console.print(report);
  }

  /**
   * Two paragraphs a record: as long as a note, so that a model learns all the positions a note
   * has.
   */
  private static List<String> pairs(List<String> paragraphs) {
    return IntStream.range(0, paragraphs.size() / 2)
        .mapToObj(i -> paragraphs.get(2 * i) + " " + paragraphs.get(2 * i + 1))
        .toList();
  }
}
