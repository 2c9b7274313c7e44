package dev.sotto.settings;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One setting: a row of the table of the options it belongs to.
 *
 * <pre>{@code
 * static final Setting<Double> CLIP_NORM =
 *     Setting.number("clip-norm", "C", Range.CLIP_NORM, "L2 bound on a unit's gradient; default: %s")
 *         .or(1.0)
 *         .kept(Kept.ALWAYS_EQUAL_ON_RESUME);
 * }</pre>
 *
 * @param <T> of its values
 * @param name as on the command line; in JSON files with {@code _} for {@code -}
 * @param argument what its value is called in the help text; empty for a flag
 * @param type what its values are, with their range
 * @param fallback its value where none is given; empty where that is for whoever reads it to decide
 * @param kept where its value is kept
 * @param insteadOf names of settings that it takes the place of: given together they are refused
 * @param help one line; {@code %s} in it stands for the default, or for the words to choose from
 */
public record Setting<T>(
    String name,
    String argument,
    ValueType<T> type,
    Optional<T> fallback,
    Kept kept,
    Set<String> insteadOf,
    String help) {

  private static <T> Setting<T> of(String name, String argument, ValueType<T> type, String help) {
    return new Setting<>(name, argument, type, Optional.empty(), Kept.IN_RUN_FILE, Set.of(), help);
  }

  /** A number in a range. */
  public static Setting<Double> number(String name, String argument, Range range, String help) {
    return of(name, argument, ValueType.number(range), help);
  }

  /** A whole number, both bounds included. */
  public static Setting<Long> whole(
      String name, String argument, long least, long most, String help) {
    return of(name, argument, ValueType.whole(least, most), help);
  }

  /** A whole number of at least {@code least} that fits an int. */
  public static Setting<Integer> count(String name, String argument, int least, String help) {
    return count(name, argument, least, Integer.MAX_VALUE, help);
  }

  /** A whole number that fits an int, both bounds included. */
  public static Setting<Integer> count(
      String name, String argument, int least, int most, String help) {
    return of(name, argument, ValueType.wholeInt(least, most), help);
  }

  /** A seed: any whole number. */
  public static Setting<Long> seed(String name, String help) {
    return of(name, "N", ValueType.whole(Long.MIN_VALUE, Long.MAX_VALUE), help);
  }

  /** Any text. */
  public static Setting<String> text(String name, String argument, String help) {
    return of(name, argument, ValueType.TEXT, help);
  }

  /** Texts: with commas between them on the command line. */
  public static Setting<List<String>> texts(String name, String argument, String help) {
    return of(name, argument, ValueType.TEXTS, help);
  }

  /** One of the words. */
  public static Setting<String> word(
      String name, String argument, List<String> words, String help) {
    return of(name, argument, ValueType.word(words), help);
  }

  /** A constant, by its name in lower case with hyphens. */
  public static <E extends Enum<E>> Setting<E> choice(
      String name, String argument, Class<E> choices, String help) {
    return of(name, argument, ValueType.choice(choices), help);
  }

  /** A file or directory. */
  public static Setting<Path> path(String name, String argument, String help) {
    return of(name, argument, ValueType.PATH, help);
  }

  /** Files or directories: may be given several times on the command line. */
  public static Setting<List<Path>> paths(String name, String argument, String help) {
    return of(name, argument, ValueType.PATHS, help);
  }

  /** Off unless given. */
  public static Setting<Boolean> flag(String name, String help) {
    return of(name, "", ValueType.FLAG, help).or(false).kept(Kept.NOWHERE);
  }

  /** The same with a default. */
  public Setting<T> or(T value) {
    return new Setting<>(name, argument, type, Optional.of(value), kept, insteadOf, help);
  }

  /** The same, kept elsewhere. */
  public Setting<T> kept(Kept place) {
    return new Setting<>(name, argument, type, fallback, place, insteadOf, help);
  }

  /** The same in the place of others. */
  public Setting<T> insteadOf(Setting<?>... others) {
    Set<String> names = new LinkedHashSet<>(insteadOf);
    for (Setting<?> other : others) {
      names.add(other.name);
    }
    return new Setting<>(name, argument, type, fallback, kept, names, help);
  }

  /** Its name in JSON files. */
  public String key() {
    return name.replace('-', '_');
  }

  /** Whether it takes no value on a command line. */
  public boolean isFlag() {
    return argument.isEmpty();
  }

  /** Whether it may be given several times on a command line. */
  public boolean isRepeatable() {
    return type == (Object) ValueType.PATHS;
  }

  /**
   * A value that JSON holds.
   *
   * @param file that it stands in: relative paths are taken from its folder
   * @return empty where it is none
   */
  public Optional<T> read(JsonNode node, Path file) {
    return type.ofJson(node).map(value -> type.from(file, value));
  }

  /** A value as it is given on a command line. */
  public String text(T value) {
    return type.text().apply(value);
  }

  /** The help text, with the default in it. */
  public String description() {
    return help.contains("%s") ? help.replace("%s", shownDefault()) : help;
  }

  private String shownDefault() {
    String words = type.wanted().startsWith("one of ") ? type.wanted().substring(7) : "";
    if (words.isEmpty()) {
      return fallback.map(this::text).orElse("none");
    }
    int last = words.lastIndexOf(", ");
    String listed =
        last < 0 ? words : words.substring(0, last) + " or " + words.substring(last + 2);
    return fallback
        .map(value -> listed.replaceFirst("(^| )" + text(value) + "(?=,| |$)", "$0 (default)"))
        .orElse(listed);
  }

  @Override
  public String toString() {
    return "--" + name;
  }
}
