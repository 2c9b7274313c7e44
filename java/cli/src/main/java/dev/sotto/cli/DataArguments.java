package dev.sotto.cli;

import dev.sotto.data.DataColumns;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.RecordOptions;
import dev.sotto.data.TextSplit;
import dev.sotto.plan.PublicRecords;
import java.nio.file.Path;

/** Which columns of a data file make a record. */
final class DataArguments {
  static final String SHOW_VALUES = "show-values";

  /** Between prompt and completion. */
  static final String DEFAULT_SEPARATOR = "\n";

  private DataArguments() {}

  /** Adds the options to the current section. */
  static OptionTable addTo(OptionTable table) {
    return table
        .value("text-column", "NAME", "column that is learned whole; default: text")
        .value("prompt-column", "NAME", "column that is given and not learned, with the next")
        .value("completion-column", "NAME", "column that is learned after the prompt")
        .value("separator", "TEXT", "between prompt and completion; default: a line end")
        .value(
            "text-split",
            "KIND",
            "what a record of a .txt file is: line (default), document-mark (between <|endoftext|>)"
                + " or file")
        .flag(
            SHOW_VALUES,
            "let error messages quote the records: only for who may see them, and not into logs");
  }

  /** How the files are read. */
  static RecordOptions reading(Arguments arguments) {
    return new RecordOptions(
        arguments.choiceOr("text-split", TextSplit.LINE), arguments.has(SHOW_VALUES));
  }

  /** Says what a record of a text file is, whatever the file holds. */
  static void sayCut(Console console, Path file, RecordOptions reading) {
    if (RecordFiles.isPlainText(file)) {
      console.note("records   " + file + ": " + reading.textSplit().words() + " (--text-split)");
    }
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

  static DataColumns columns(Arguments arguments) {
    arguments.refuseTogether("text-column", "prompt-column");
    arguments.refuseTogether("text-column", "completion-column");
    if (arguments.has("prompt-column") || arguments.has("completion-column")) {
      return DataColumns.promptAndCompletion(
          arguments.text("prompt-column"), arguments.text("completion-column"));
    }
    return DataColumns.text(arguments.textOr("text-column", DataColumns.DEFAULT_TEXT));
  }

  static String separator(Arguments arguments) {
    return arguments.textOr("separator", DEFAULT_SEPARATOR);
  }
}
