package dev.sotto.cli;

import java.util.List;

/** One command of {@code sotto}. */
interface Command {
  /** The word that calls it. */
  String name();

  /** One line for the list of commands. */
  String summary();

  /** What comes after {@code sotto NAME}, in short. */
  String usage();

  /** A paragraph for the help text; may be empty. */
  default String description() {
    return "";
  }

  /** Its options, without those that every command has. */
  OptionTable options();

  /** Command lines to copy, without {@code sotto} before them. */
  List<String> examples();

  /**
   * Does the work.
   *
   * @throws dev.sotto.base.InputException if an option or a file is wrong
   */
  void run(Arguments arguments, Console console);
}
