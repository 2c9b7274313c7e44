package dev.sotto.cli;

import static java.util.stream.Collectors.toSet;

import dev.sotto.settings.ConfigFile;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;

/**
 * Reads a command's settings from the command line, and from the file that {@code --config} names.
 */
final class CommandLineReader {
  /** What a file cannot say. */
  private static final Set<Setting<?>> ON_THE_LINE_ALONE =
      Set.of(CommonSettings.CONFIG, CommonSettings.STACKTRACE, CommonSettings.HELP);

  private final Command command;
  private final List<Setting<?>> table;

  CommandLineReader(Command command) {
    this.command = command;
    table = Section.flatten(sections(command));
  }

  /** All sections of a command. */
  static List<Section> sections(Command command) {
    List<Section> all = new ArrayList<>(command.settings());
    List<Setting<?>> common = new ArrayList<>(CommonSettings.SECTION.settings());
    common.set(common.indexOf(CommonSettings.CONFIG), command.config());
    all.add(new Section(CommonSettings.SECTION.title(), common));
    return all;
  }

  /**
   * Reads the line alone.
   *
   * @throws ParseException if an option is unknown, given twice or has no value
   */
  Values line(String[] args) throws ParseException {
    CommandLine line = parse(args);
    Values values = Values.nothing(" (see 'sotto " + command.name() + " --help')");
    for (Setting<?> setting : table) {
      if (line.hasOption(setting.name())) {
        values = read(values, setting, line);
      }
    }
    return values;
  }

  /** The line, and behind it the file. */
  Values read(String[] args) throws ParseException {
    Values line = line(args);
    if (!line.has(CommonSettings.CONFIG)) {
      return line;
    }
    Set<String> absent = ON_THE_LINE_ALONE.stream().map(Setting::name).collect(toSet());
    List<Setting<?>> inFile =
        table.stream().<Setting<?>>filter(s -> !absent.contains(s.name())).toList();
    Values file = command.readConfig(line.get(CommonSettings.CONFIG), inFile);
    return line.or(file.without(replaced(line)));
  }

  /** What the line gives something in the place of, in either direction. */
  private List<Setting<?>> replaced(Values line) {
    return table.stream()
        .<Setting<?>>filter(
            setting ->
                table.stream()
                    .filter(line::has)
                    .anyMatch(
                        given ->
                            given.insteadOf().contains(setting.name())
                                || setting.insteadOf().contains(given.name())))
        .toList();
  }

  private static <T> Values read(Values values, Setting<T> setting, CommandLine line) {
    if (setting.isFlag()) {
      return values.parse(setting, "true");
    }
    Values read = values;
    for (String text : line.getOptionValues(setting.name())) {
      read = read.parse(setting, text);
    }
    return read;
  }

  /**
   * Reads the options, but not their values.
   *
   * @throws ParseException if an option is unknown, given twice or has no value
   */
  CommandLine parse(String[] args) throws ParseException {
    String hint = "; see 'sotto " + command.name() + " --help'";
    Options options = new Options();
    for (Setting<?> setting : table) {
      options.addOption(Option.builder().longOpt(setting.name()).hasArg(!setting.isFlag()).get());
    }
    CommandLine line;
    try {
      line =
          DefaultParser.builder()
              .setAllowPartialMatching(false)
              .setStripLeadingAndTrailingQuotes(false)
              .get()
              .parse(options, args);
    } catch (UnrecognizedOptionException e) {
      String name = e.getOption().replaceFirst("^-+", "").replaceFirst("=.*", "");
      throw new ParseException(
          "unknown option '"
              + e.getOption()
              + "'"
              + ConfigFile.nearest(table, name).map(s -> "; did you mean " + s + "?").orElse("")
              + hint);
    } catch (MissingArgumentException e) {
      throw new ParseException("--" + e.getOption().getLongOpt() + " has no value" + hint);
    }
    if (!line.getArgList().isEmpty()) {
      throw new ParseException(
          "unexpected '" + line.getArgList().get(0) + "'; options begin with --" + hint);
    }
    Set<String> seen = new HashSet<>();
    for (Option option : line.getOptions()) {
      if (!seen.add(option.getLongOpt()) && !isRepeatable(option.getLongOpt())) {
        throw new ParseException("--" + option.getLongOpt() + " is given twice; give it once");
      }
    }
    return line;
  }

  private boolean isRepeatable(String name) {
    return table.stream().anyMatch(s -> s.isRepeatable() && s.name().equals(name));
  }
}
