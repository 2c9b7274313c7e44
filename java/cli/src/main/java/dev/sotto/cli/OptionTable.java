package dev.sotto.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/**
 * The options of a command in sections: what the parser accepts and what {@code --help} prints come
 * from the same rows.
 */
final class OptionTable {
  private static final int COLUMN = 34;
  private static final int WIDTH = 100;

  private record Section(String title, List<Option> options) {}

  private final List<Section> sections = new ArrayList<>();
  private final Set<String> repeatable = new HashSet<>();

  /** The options that every command has. */
  static OptionTable common() {
    return new OptionTable()
        .section("Every command")
        .value("backend", "NAME", "auto (default), cpu, cuda or cpu-reference (slow and plain)")
        .value("threads", "N", "worker threads; default: one per hardware thread")
        .flag("json", "print one JSON object on stdout, everything else on stderr")
        .flag("stacktrace", "show the whole stack of a failure")
        .flag("help", "print this text");
  }

  /** Starts a section; the options added next stand in it. */
  OptionTable section(String title) {
    sections.add(new Section(title, new ArrayList<>()));
    return this;
  }

  /** Adds an option that takes a value. */
  OptionTable value(String name, String argument, String description) {
    return add(Option.builder().longOpt(name).hasArg().argName(argument).desc(description).get());
  }

  /** Adds an option that takes a value and may be given several times. */
  OptionTable values(String name, String argument, String description) {
    repeatable.add(name);
    return value(name, argument, description);
  }

  /** Whether an option may be given several times. */
  boolean isRepeatable(String name) {
    return repeatable.contains(name);
  }

  /** Adds an option that takes none. */
  OptionTable flag(String name, String description) {
    return add(Option.builder().longOpt(name).desc(description).get());
  }

  /** Adds the sections of another table. */
  OptionTable with(OptionTable other) {
    sections.addAll(other.sections);
    repeatable.addAll(other.repeatable);
    return this;
  }

  private OptionTable add(Option option) {
    if (sections.isEmpty()) {
      section("Options");
    }
    sections.get(sections.size() - 1).options().add(option);
    return this;
  }

  /** For the parser. */
  Options toOptions() {
    Options all = new Options();
    options().forEach(all::addOption);
    return all;
  }

  /** What the option's value is called in the help text; empty for a flag or an unknown option. */
  String argumentOf(String name) {
    return options()
        .filter(option -> option.getLongOpt().equals(name) && option.hasArg())
        .map(Option::getArgName)
        .findFirst()
        .orElse("");
  }

  private Stream<Option> options() {
    return sections.stream().flatMap(section -> section.options().stream());
  }

  /** The help text, section by section. */
  String help() {
    StringBuilder text = new StringBuilder();
    for (Section section : sections) {
      text.append('\n').append(section.title()).append(":\n");
      for (Option option : section.options()) {
        String head =
            "  --" + option.getLongOpt() + (option.hasArg() ? " " + option.getArgName() : "");
        text.append(wrap(head, option.getDescription()));
      }
    }
    return text.toString();
  }

  /** Two columns, the second one wrapped. */
  private static String wrap(String head, String description) {
    StringBuilder text = new StringBuilder();
    StringBuilder line = new StringBuilder(head);
    pad(line, head.length() < COLUMN ? COLUMN : head.length() + 2);
    for (String word : description.split(" ")) {
      if (line.length() + word.length() > WIDTH) {
        text.append(line.toString().stripTrailing()).append('\n');
        line.setLength(0);
        pad(line, COLUMN);
      }
      line.append(word).append(' ');
    }
    return text.append(line.toString().stripTrailing()).append('\n').toString();
  }

  private static void pad(StringBuilder line, int column) {
    line.append(" ".repeat(Math.max(0, column - line.length())));
  }
}
