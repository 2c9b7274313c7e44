package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.RecordOptions;
import dev.sotto.plan.PublicRecords;
import java.nio.file.Path;

/** What is said of data files. */
final class DataWords {
  private DataWords() {}

  /** Says what a record of a text file is, whatever the file holds. */
  static void sayCut(Console console, Path file, RecordOptions reading) {
    if (RecordFiles.isPlainText(file)) {
      console.note("records   " + file + ": " + reading.textSplit().words() + " (--text-split)");
    }
  }

  /** Says where texts with labels end, which follows from the settings alone. */
  static void sayLength(Console console, int length, String from) {
    console.note(
        "cut       a text loses what is beyond "
            + length
            + " tokens ("
            + from
            + "); how many do is private if the texts are");
  }

  /** What is public, that it has no protection, and what of it does not count. */
  static String words(PublicRecords records) {
    String purpose =
        switch (records.purpose()) {
          case VALIDATION -> "to measure on";
          case CLIP_NORMS -> "to take clip norms from";
          case AUDIT -> "to try membership on";
        };
    return "public    "
        + Figures.count(records.records())
        + " records of "
        + records.name()
        + " "
        + purpose
        + ": what stands there has NO PROTECTION"
        + lost(records.cutOff(), records.withoutTargets(), records.maxLength());
  }

  /** Records longer than a length, and such as nothing is left of, where there are any. */
  static String lost(long cutOff, long withoutTargets, int length) {
    return (cutOff == 0 ? "" : "; " + cutOff + " cut off at " + length + " tokens")
        + (withoutTargets == 0
            ? ""
            : "; " + withoutTargets + " passed over, with nothing to predict within that length");
  }
}
