package dev.sotto.settings;

import java.util.List;

/**
 * Settings under one title: a part of a help text.
 *
 * @param title above them
 * @param settings in the order of the text
 */
public record Section(String title, List<Setting<?>> settings) {
  /** Copies the list. */
  public Section {
    settings = List.copyOf(settings);
  }

  /** A section of these settings. */
  public static Section of(String title, Setting<?>... settings) {
    return new Section(title, List.of(settings));
  }

  /** All settings of some sections. */
  public static List<Setting<?>> flatten(List<Section> sections) {
    return sections.stream().<Setting<?>>flatMap(s -> s.settings().stream()).toList();
  }
}
