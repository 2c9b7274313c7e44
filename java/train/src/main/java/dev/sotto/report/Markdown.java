package dev.sotto.report;

import java.util.List;
import java.util.stream.Collectors;

/** A {@link Report} as a page in Markdown: headings, paragraphs, bullets and tables. */
public final class Markdown {
  private final StringBuilder page = new StringBuilder();

  /** Whether the last line was a bullet, which the next may follow without an empty line. */
  private boolean bullets;

  private Markdown() {}

  /** Renders a report. */
  public static String of(Report report) {
    Markdown markdown = new Markdown();
    markdown.write(report, 1);
    return markdown.page.toString();
  }

  private void write(Report report, int depth) {
    if (!report.title().isEmpty()) {
      block("#".repeat(depth) + " " + report.title());
    }
    for (Item item : report.items()) {
      if (item instanceof Item.Row row) {
        bullet((row.label().isEmpty() ? "" : row.label() + ": ") + row.words());
      } else if (item instanceof Item.Paragraph paragraph) {
        String lead = paragraph.lead();
        block((lead.isEmpty() ? "" : "**" + lead + "** ") + paragraph.words());
      } else if (item instanceof Item.Section section) {
        write(section.content(), depth + 1);
      } else if (item instanceof Item.Parts list) {
        list.parts().forEach(part -> write(part, depth + 1));
      } else if (item instanceof Item.Table table) {
        table(table);
      }
    }
  }

  private void bullet(String words) {
    if (bullets) {
      page.append("- ").append(words.strip()).append('\n');
    } else {
      block("- " + words.strip());
    }
    bullets = true;
  }

  private void table(Item.Table table) {
    List<String> titles = table.columns().stream().map(Item.Column::title).toList();
    block(cells(titles));
    page.append(cells(titles.stream().map(title -> "---").toList())).append('\n');
    for (List<Fact> row : table.rows()) {
      page.append(cells(row.stream().map(Fact::words).toList())).append('\n');
    }
  }

  private static String cells(List<String> cells) {
    return cells.stream()
        .map(cell -> cell.replace("|", "\\|"))
        .collect(Collectors.joining(" | ", "| ", " |"));
  }

  /** What an empty line goes before. */
  private void block(String words) {
    bullets = false;
    page.append(page.isEmpty() ? "" : "\n").append(words.strip()).append('\n');
  }
}
