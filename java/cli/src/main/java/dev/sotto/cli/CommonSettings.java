package dev.sotto.cli;

import dev.sotto.plan.BackendOptions;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import java.nio.file.Path;

/** What every command has. */
final class CommonSettings {
  /** Settings in a file. */
  static final Setting<Path> CONFIG =
      Setting.path(
          "config",
          "FILE",
          "JSON file with any of these settings, named as here; the command line wins, and"
              + " relative paths are taken from the file's folder");

  static final Setting<Boolean> JSON =
      Setting.flag("json", "print one JSON object on stdout, everything else on stderr");

  static final Setting<Boolean> STACKTRACE =
      Setting.flag("stacktrace", "show the whole stack of a failure");

  static final Setting<Boolean> HELP = Setting.flag("help", "print this text");

  /** In the order of the help text. */
  static final Section SECTION =
      Section.of(
          "Every command",
          CONFIG,
          BackendOptions.BACKEND,
          BackendOptions.THREADS,
          JSON,
          STACKTRACE,
          HELP);

  private CommonSettings() {}
}
