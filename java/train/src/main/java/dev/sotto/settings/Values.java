package dev.sotto.settings;

import dev.sotto.base.InputException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Settings as given, each with its place: what is given twice, missing or contradictory is refused
 * in one line that says where it stands. Immutable.
 */
public final class Values {
  /** Nothing given: every setting has its default. */
  public static final Values NONE = new Values(Map.of(), "");

  /**
   * A value and where it was given.
   *
   * @param where what comes before a setting's name in messages; empty for a command line
   */
  private record Given(Object value, String where) {}

  private final Map<String, Given> given;
  private final String hint;

  private Values(Map<String, Given> given, String hint) {
    this.given = given;
    this.hint = hint;
  }

  /**
   * Nothing given yet.
   *
   * @param hint where to look what is to be given, for messages about what is missing
   */
  public static Values nothing(String hint) {
    return new Values(Map.of(), hint);
  }

  /**
   * The same with one more value, as if from a command line.
   *
   * @throws InputException if the setting cannot have it
   */
  public <T> Values with(Setting<T> setting, T value) {
    String text = setting.text(value);
    if (!(value instanceof Path) && setting.type().parse().apply(text).isEmpty()) {
      throw refused(setting, text);
    }
    return with(setting, value, "");
  }

  <T> Values with(Setting<T> setting, T value, String where) {
    Map<String, Given> more = new LinkedHashMap<>(given);
    more.put(setting.name(), new Given(Objects.requireNonNull(value, setting.name()), where));
    return new Values(more, hint);
  }

  /** The same with one more value where there is one. */
  public <T> Values with(Setting<T> setting, Optional<T> value) {
    return value.map(present -> with(setting, present)).orElse(this);
  }

  /** The same with one more value, given as text on a command line. */
  public <T> Values parse(Setting<T> setting, String text) {
    Optional<T> value = setting.type().parse().apply(text);
    if (value.isEmpty()) {
      throw refused(setting, text);
    }
    boolean again = setting.isRepeatable() && has(setting);
    return with(
        setting, again ? setting.type().joined(get(setting), value.get()) : value.get(), "");
  }

  private static InputException refused(Setting<?> setting, String text) {
    String wanted = setting.type().wanted();
    if (wanted.startsWith("one of ")) {
      return new InputException(setting + " '" + text + "' is unknown; choose " + wanted);
    }
    String quoted = text.matches("\\S+") ? text : "'" + text + "'";
    if (setting.type() == (Object) ValueType.PATH || setting.isRepeatable()) {
      return new InputException(
          text.isBlank()
              ? setting + " is blank; give a path"
              : setting + " " + quoted + " is no path here; give another, or set LC_ALL=C.UTF-8");
    }
    String example = setting.type().example();
    return new InputException(
        setting
            + " "
            + quoted
            + " is not "
            + wanted
            + "; give one"
            + (example.isEmpty() ? "" : ", for example " + setting + " " + example));
  }

  /** The same, where a setting that is missing here is looked up in another. */
  public Values or(Values others) {
    Map<String, Given> all = new LinkedHashMap<>(others.given);
    all.putAll(given);
    return new Values(all, hint);
  }

  /** The same without some settings. */
  public Values without(List<? extends Setting<?>> settings) {
    Map<String, Given> fewer = new LinkedHashMap<>(given);
    settings.forEach(setting -> fewer.remove(setting.name()));
    return new Values(fewer, hint);
  }

  /** Whether a value was given; of a flag, whether it is on. */
  public boolean has(Setting<?> setting) {
    Given found = given.get(setting.name());
    return found != null && !found.value().equals(false);
  }

  /** The value given, or the default where there is one. */
  @SuppressWarnings("unchecked") // with() puts only values of the setting's type.
  public <T> Optional<T> find(Setting<T> setting) {
    Given found = given.get(setting.name());
    return found == null ? setting.fallback() : Optional.of((T) found.value());
  }

  /**
   * The value given, or the default.
   *
   * @throws InputException if there is neither
   */
  public <T> T get(Setting<T> setting) {
    return find(setting)
        .orElseThrow(
            () ->
                new InputException(
                    setting
                        + " is missing; give "
                        + setting
                        + (setting.isFlag() ? "" : " " + setting.argument())
                        + hint));
  }

  /** How messages call a setting: {@code --epsilon}, or its key in a file. */
  public String named(Setting<?> setting) {
    Given found = given.get(setting.name());
    return found == null || found.where().isEmpty()
        ? setting.toString()
        : found.where() + "'" + setting.key() + "'";
  }

  /** A setting and its value, for messages. */
  public <T> String shown(Setting<T> setting) {
    return named(setting)
        + (setting.isFlag() ? "" : find(setting).map(v -> " " + setting.text(v)).orElse(""));
  }

  /** Fails if both were given. */
  public void refuseTogether(Setting<?> one, Setting<?> other) {
    if (has(one) && has(other)) {
      throw new InputException(
          named(one) + " and " + named(other) + " exclude each other; give one of them");
    }
  }

  /** Fails if the first was given without the second. */
  public void requireWith(Setting<?> one, Setting<?> other) {
    if (has(one) && !has(other)) {
      throw new InputException(
          named(one) + " goes with " + other + "; give that too, or leave it out");
    }
  }

  /** Fails if any setting stands beside one whose place it takes. */
  public void refuseAlternatives(List<? extends Setting<?>> table) {
    for (Setting<?> setting : table) {
      for (Setting<?> other : table) {
        if (setting.insteadOf().contains(other.name())) {
          refuseTogether(other, setting);
        }
      }
    }
  }

  /** Two are equal that give the same values, wherever they stand. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Values values && values.bare().equals(bare());
  }

  @Override
  public int hashCode() {
    return bare().hashCode();
  }

  private Map<String, Object> bare() {
    Map<String, Object> bare = new LinkedHashMap<>();
    given.forEach((name, value) -> bare.put(name, value.value()));
    return bare;
  }

  @Override
  public String toString() {
    return bare().toString();
  }
}
