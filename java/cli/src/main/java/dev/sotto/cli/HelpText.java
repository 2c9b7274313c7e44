package dev.sotto.cli;

import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import java.util.List;

/** What {@code --help} prints of settings, section by section. */
final class HelpText {
  private static final int COLUMN = 34;
  private static final int WIDTH = 100;

  private HelpText() {}

  static String of(List<Section> sections) {
    StringBuilder text = new StringBuilder();
    for (Section section : sections) {
      text.append('\n').append(section.title()).append(":\n");
      for (Setting<?> setting : section.settings()) {
        String head = "  " + setting + (setting.isFlag() ? "" : " " + setting.argument());
        text.append(wrap(head, setting.description()));
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
