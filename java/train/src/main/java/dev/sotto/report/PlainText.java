package dev.sotto.report;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A {@link Report} as lines for a terminal, its words in one column. */
public final class PlainText {
  private static final int WIDEST_LABEL = 19;
  private static final String INDENT = "  ";

  private final StringBuilder text = new StringBuilder();
  private final int column;

  /** Whether what comes next is kept apart from what was written. */
  private boolean apart;

  private PlainText(Report report) {
    column = Math.min(WIDEST_LABEL, column(report, ""));
  }

  /**
   * Renders a report.
   *
   * @return whole lines; empty for a report that tells people nothing
   */
  public static String of(Report report) {
    PlainText page = new PlainText(report);
    page.write(report, "");
    return page.text.toString();
  }

  /** Where words begin: two blanks behind the longest label, one in a section. */
  private static int column(Report report, String indent) {
    int widest = 0;
    for (Item item : report.items()) {
      if (item instanceof Item.Row row) {
        int gap = indent.isEmpty() ? 2 : 1;
        widest = Math.max(widest, indent.length() + row.label().length() + gap);
      } else if (item instanceof Item.Section section) {
        widest = Math.max(widest, column(section.content(), within(section, indent)));
      } else if (item instanceof Item.Parts list) {
        for (Report part : list.parts()) {
          widest = Math.max(widest, column(part, indent));
        }
      }
    }
    return widest;
  }

  private static String within(Item.Section section, String indent) {
    return section.content().title().isEmpty() ? indent : indent + INDENT;
  }

  private void write(Report report, String indent) {
    for (Item item : report.items()) {
      if (item instanceof Item.Row row) {
        row(indent + row.label(), row.words());
      } else if (item instanceof Item.Paragraph paragraph) {
        String lead = paragraph.lead();
        line(indent + lead + (lead.isEmpty() ? "" : " ") + paragraph.words());
      } else if (item instanceof Item.Section section) {
        boolean titled = !section.content().title().isEmpty();
        if (titled) {
          setApart();
          line(indent + section.content().title());
        }
        write(section.content(), within(section, indent));
        apart |= titled;
      } else if (item instanceof Item.Parts list) {
        list.parts().forEach(part -> write(part, indent));
      } else if (item instanceof Item.Table table) {
        table(table, indent);
      }
    }
  }

  private void row(String label, String words) {
    String padded =
        label.length() < column ? label + " ".repeat(column - label.length()) : label + " ";
    line(padded + words);
  }

  private void table(Item.Table table, String indent) {
    List<String> titles = table.columns().stream().map(Item.Column::title).toList();
    if (titles.stream().anyMatch(title -> !title.isEmpty())) {
      setApart();
      line(indent + cells(table.columns(), titles));
    }
    for (List<Fact> row : table.rows()) {
      line(indent + cells(table.columns(), row.stream().map(Fact::words).toList()));
    }
    apart = true;
  }

  private static String cells(List<Item.Column> columns, List<String> cells) {
    return IntStream.range(0, cells.size())
        .mapToObj(i -> String.format("%" + columns.get(i).width() + "s", cells.get(i)))
        .collect(Collectors.joining(INDENT))
        .stripTrailing();
  }

  private void setApart() {
    apart = !text.isEmpty();
  }

  private void line(String line) {
    if (apart) {
      text.append(System.lineSeparator());
      apart = false;
    }
    text.append(line.stripTrailing()).append(System.lineSeparator());
  }
}
