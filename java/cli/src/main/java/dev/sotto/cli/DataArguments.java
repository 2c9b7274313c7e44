package dev.sotto.cli;

import dev.sotto.data.DataColumns;

/** Which columns of a data file make a record. */
final class DataArguments {
  /** Between prompt and completion. */
  static final String DEFAULT_SEPARATOR = "\n";

  private DataArguments() {}

  /** Adds the options to the current section. */
  static OptionTable addTo(OptionTable table) {
    return table
        .value("text-column", "NAME", "column that is learned whole; default: text")
        .value("prompt-column", "NAME", "column that is given and not learned, with the next")
        .value("completion-column", "NAME", "column that is learned after the prompt")
        .value("separator", "TEXT", "between prompt and completion; default: a line end");
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
