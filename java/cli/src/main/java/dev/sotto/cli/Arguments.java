package dev.sotto.cli;

import dev.sotto.base.InputException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoublePredicate;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;

/**
 * The options as given, read as what they should be. Every failure is one line that names the
 * option, the value and the fix.
 *
 * <p>Methods that end in {@code Or} have a default; the others fail when the option is missing.
 */
final class Arguments {
  /** Where a number must lie. */
  enum Interval {
    /** Above zero. */
    POSITIVE(v -> v > 0, "a number above 0", "1"),
    /** Zero or above. */
    NOT_NEGATIVE(v -> v >= 0, "a number of at least 0", "0"),
    /** A probability that can happen: 1 is one. */
    PROBABILITY(v -> v > 0 && v <= 1, "a number above 0 and at most 1", "0.01"),
    /** A δ. */
    DELTA(v -> v > 0 && v < 1, "a number above 0 and below 1", "1e-5"),
    /** A share that leaves something over. */
    FRACTION(v -> v >= 0 && v < 1, "a number of at least 0 and below 1", "0.1");

    private final DoublePredicate holds;
    private final String words;
    private final String example;

    Interval(DoublePredicate holds, String words, String example) {
      this.holds = holds;
      this.words = words;
      this.example = example;
    }
  }

  private final String command;
  private final CommandLine line;
  private final OptionTable table;

  Arguments(String command, CommandLine line, OptionTable table) {
    this.command = command;
    this.line = line;
    this.table = table;
  }

  /** Whether the option was given. */
  boolean has(String option) {
    return line.hasOption(option);
  }

  /** Fails if both options were given. */
  void refuseTogether(String option, String other) {
    if (has(option) && has(other)) {
      throw new InputException(
          "--" + option + " and --" + other + " exclude each other; give one of them");
    }
  }

  String text(String option) {
    String value = line.getOptionValue(option);
    if (value == null) {
      throw new InputException(
          "--"
              + option
              + " is missing; give --"
              + option
              + " "
              + table.argumentOf(option)
              + " (see 'sotto "
              + command
              + " --help')");
    }
    return value;
  }

  String textOr(String option, String fallback) {
    return has(option) ? text(option) : fallback;
  }

  /** One of the words. */
  String wordOr(String option, String fallback, List<String> words) {
    String value = textOr(option, fallback);
    if (!words.contains(value)) {
      throw new InputException(
          "--" + option + " '" + value + "' is unknown; choose one of " + String.join(", ", words));
    }
    return value;
  }

  /** A constant by its name in lower case, with hyphens. */
  <E extends Enum<E>> E choiceOr(String option, E fallback) {
    E[] constants = fallback.getDeclaringClass().getEnumConstants();
    List<String> words = Arrays.stream(constants).map(Arguments::word).collect(Collectors.toList());
    return constants[words.indexOf(wordOr(option, word(fallback), words))];
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  Path path(String option) {
    return path(option, text(option));
  }

  private static Path path(String option, String value) {
    if (value.isBlank()) {
      throw new InputException("--" + option + " is blank; give a path");
    }
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new InputException(
          "--"
              + option
              + " '"
              + value
              + "' is no path here ("
              + e.getReason()
              + "); give another, or set LC_ALL=C.UTF-8",
          e);
    }
  }

  /**
   * The paths of an option that may be given several times, in order; empty if it was not given.
   */
  List<Path> paths(String option) {
    return has(option)
        ? Arrays.stream(line.getOptionValues(option)).map(value -> path(option, value)).toList()
        : List.of();
  }

  Path pathOr(String option, Path fallback) {
    return has(option) ? path(option) : fallback;
  }

  double number(String option, Interval interval) {
    String value = text(option);
    double number;
    try {
      number = Double.parseDouble(value);
    } catch (NumberFormatException e) {
      number = Double.NaN;
    }
    if (!Double.isFinite(number) || !interval.holds.test(number)) {
      throw new InputException(
          "--"
              + option
              + " "
              + quoted(value)
              + " is not "
              + interval.words
              + "; give one, for example --"
              + option
              + " "
              + interval.example);
    }
    return number;
  }

  double numberOr(String option, double fallback, Interval interval) {
    return has(option) ? number(option, interval) : fallback;
  }

  /** A whole number of at least {@code least} and at most {@code most}. */
  long whole(String option, long least, long most) {
    String value = text(option);
    long number;
    try {
      number = Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw notWhole(option, value, least, most);
    }
    if (number < least || number > most) {
      throw notWhole(option, value, least, most);
    }
    return number;
  }

  private static InputException notWhole(String option, String value, long least, long most) {
    String range =
        least == Long.MIN_VALUE ? "" : String.format(Locale.ROOT, " from %,d to %,d", least, most);
    return new InputException(
        "--" + option + " " + quoted(value) + " is not a whole number" + range + "; give one");
  }

  long wholeOr(String option, long fallback, long least, long most) {
    return has(option) ? whole(option, least, most) : fallback;
  }

  /** A whole number of at least {@code least} that fits an int. */
  int intOr(String option, int fallback, int least) {
    return (int) wholeOr(option, fallback, least, Integer.MAX_VALUE);
  }

  /** A seed: any whole number. */
  long seedOr(String option, long fallback) {
    return wholeOr(option, fallback, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  private static String quoted(String value) {
    return value.matches("\\S+") ? value : "'" + value + "'";
  }
}
