package dev.sotto.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.commons.text.StringEscapeUtils;

/**
 * A {@link Report} as one page of HTML that needs nothing but itself: no script, no network. Light
 * or dark as the reader's machine is, narrow or wide, and fit for paper.
 */
public final class Html {
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  private final StringBuilder page = new StringBuilder();

  /** Whether a list of labelled lines is open. */
  private boolean rows;

  private Html() {}

  /** Renders a report. */
  public static String of(Report report) {
    Html html = new Html();
    html.page
        .append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .append("<meta name=\"color-scheme\" content=\"light dark\">\n")
        .append("<title>")
        .append(escaped(report.title()))
        .append("</title>\n<style>\n")
        .append(style())
        .append("</style>\n</head>\n<body>\n<main>\n");
    html.write(report, 1);
    return html.page.append("</main>\n</body>\n</html>\n").toString();
  }

  private static String style() {
    try (InputStream css = Html.class.getResourceAsStream("page.css")) {
      return new String(css.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("reading the page's style", e);
    }
  }

  private void write(Report report, int depth) {
    if (depth > 1) {
      page.append("<section>\n");
    }
    if (!report.title().isEmpty()) {
      page.append("<h%d>%s</h%d>\n".formatted(depth, escaped(report.title()), depth));
    }
    for (Item item : report.items()) {
      if (item instanceof Item.Row row) {
        row(row);
      }
      if (item instanceof Item.Row || item instanceof Item.Data) {
        continue;
      }
      endRows();
      if (item instanceof Item.Paragraph paragraph) {
        String lead = paragraph.lead();
        page.append(lead.isEmpty() ? "<p>" : "<p class=\"warning\"><strong>" + escaped(lead))
            .append(lead.isEmpty() ? "" : "</strong> ")
            .append(words(paragraph.words()))
            .append("</p>\n");
      } else if (item instanceof Item.Picture picture) {
        page.append("<figure>\n")
            .append(picture.svg())
            .append("\n<figcaption>")
            .append(words(picture.caption()))
            .append("</figcaption>\n</figure>\n");
      } else if (item instanceof Item.Section section) {
        write(section.content(), depth + 1);
      } else if (item instanceof Item.Parts list) {
        list.parts().forEach(part -> write(part, depth + 1));
      } else if (item instanceof Item.Table table) {
        table(table);
      }
    }
    endRows();
    if (depth > 1) {
      page.append("</section>\n");
    }
  }

  private void row(Item.Row row) {
    page.append(rows ? "" : "<dl>\n");
    rows = true;
    page.append("<dt>%s</dt><dd>%s</dd>\n".formatted(escaped(row.label()), words(row.words())));
  }

  private void endRows() {
    page.append(rows ? "</dl>\n" : "");
    rows = false;
  }

  private void table(Item.Table table) {
    page.append("<div class=\"table\"><table>\n<thead><tr>");
    table.columns().forEach(column -> cell("th", column, column.title()));
    page.append("</tr></thead>\n<tbody>\n");
    for (List<Fact> row : table.rows()) {
      page.append("<tr>");
      for (int i = 0; i < row.size(); i++) {
        cell("td", table.columns().get(i), row.get(i).words());
      }
      page.append("</tr>\n");
    }
    page.append("</tbody>\n</table></div>\n");
  }

  private void cell(String tag, Item.Column column, String words) {
    String side = column.width() < 0 ? "" : " class=\"number\"";
    page.append("<%s%s>%s</%s>".formatted(tag, side, words(words), tag));
  }

  /** Escaped, and what stands between backticks as code. */
  private static String words(String words) {
    return CODE.matcher(escaped(words.strip())).replaceAll("<code>$1</code>");
  }

  private static String escaped(String words) {
    return StringEscapeUtils.escapeHtml4(words);
  }
}
