package dev.sotto.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a command found, composed once and rendered as often as it is wanted: as lines for people
 * ({@link PlainText}), as a page ({@link Markdown}), and as the fields of one JSON object ({@link
 * #fields}).
 *
 * <pre>{@code
 * Report report = new Report();
 * report.row(
 *     "epsilon at most",
 *     "{}  at delta {}",
 *     Fact.atMost("epsilon", bound.upper()),
 *     Fact.number("delta", delta));
 * report.row("at least", Fact.atLeast("epsilon_lower", bound.lower()));
 * report.data(Fact.count("steps", steps));
 * Report person = report.section("membership", "What it means to a person");
 * person.row("advantage", "{} in telling who took part", Fact.atMost("advantage", risk));
 * console.print(report);
 * }</pre>
 *
 * <p>Words hold a {@code {}} for each fact, in order. Nothing is rounded, escaped or aligned by
 * whoever composes a report.
 */
public final class Report {
  private final String title;
  private final List<Item> items = new ArrayList<>();

  /** A report without a title. */
  public Report() {
    this("");
  }

  /**
   * A report with a title, which a page begins with.
   *
   * @param title a few words
   */
  public Report(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  List<Item> items() {
    return List.copyOf(items);
  }

  /**
   * A labelled line.
   *
   * @param label what it is about; empty where it goes on with the line before
   */
  public void row(String label, String words, Fact... facts) {
    items.add(new Item.Row(label, words, List.of(facts)));
  }

  /** A labelled line of one fact and no further words. */
  public void row(String label, Fact fact) {
    row(label, "{}", fact);
  }

  /** A paragraph. */
  public void text(String words, Fact... facts) {
    warning("", words, facts);
  }

  /** A paragraph whose first words are not to be overlooked. */
  public void warning(String lead, String words, Fact... facts) {
    items.add(new Item.Paragraph(lead, words, List.of(facts)));
  }

  /** A picture, for pages that can show one; nothing where it holds no point. */
  public void picture(LinePicture picture, String caption) {
    String svg = picture.svg();
    if (!svg.isEmpty()) {
      items.add(new Item.Picture(svg, caption));
    }
  }

  /** Facts for programs alone. */
  public void data(Fact... facts) {
    items.add(new Item.Data(List.of(facts)));
  }

  /** Another report, whose facts stand among the others. */
  public void add(Report part) {
    items.add(new Item.Section(null, part));
  }

  /** A part under a title of its own, whose facts stand among the others. */
  public Report section(String heading) {
    return section(null, heading);
  }

  /**
   * A part whose facts are an object of their own.
   *
   * @param key of the object in JSON; null for none
   * @param heading its title; empty for none
   */
  public Report section(String key, String heading) {
    Report content = new Report(heading);
    items.add(new Item.Section(key, content));
    return content;
  }

  /** A list of parts, each an object in JSON. */
  public Item.Parts list(String key) {
    Item.Parts list = new Item.Parts(key, new ArrayList<>());
    items.add(list);
    return list;
  }

  /**
   * Rows under column titles.
   *
   * @param key of the list in JSON, an object a row; null where the cells' facts stand among the
   *     others
   */
  public Item.Table table(String key, Item.Column... columns) {
    Item.Table table = new Item.Table(key, List.of(columns), new ArrayList<>());
    items.add(table);
    return table;
  }

  /**
   * All facts that have a key, in order; a number that is not finite is null.
   *
   * @throws IllegalArgumentException if two have the same
   */
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (Item item : items) {
      item.fields(fields);
    }
    return fields;
  }
}
