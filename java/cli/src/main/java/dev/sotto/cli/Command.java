package dev.sotto.cli;

import dev.sotto.settings.ConfigFile;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
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

  /** Its settings, without those that every command has. */
  List<Section> settings();

  /** Command lines to copy, without {@code sotto} before them. */
  List<String> examples();

  /** What names a file of settings. */
  default Setting<Path> config() {
    return CommonSettings.CONFIG;
  }

  /**
   * What a file named with {@code --config} says.
   *
   * @param table all settings that may stand in it
   */
  default Values readConfig(Path file, List<Setting<?>> table) {
    return ConfigFile.read(file, table);
  }

  /**
   * Does the work.
   *
   * @throws dev.sotto.base.InputException if a setting or a file is wrong
   */
  void run(Values values, Console console);
}
