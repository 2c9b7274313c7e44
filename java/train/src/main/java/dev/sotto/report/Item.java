package dev.sotto.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A piece of a {@link Report}. */
public sealed interface Item {
  /** Adds its facts under their keys. */
  void fields(Map<String, Object> fields);

  /**
   * A labelled line.
   *
   * @param label empty where it goes on with the line before
   * @param template words with a {@code {}} for each fact
   */
  record Row(String label, String template, List<Fact> facts) implements Item {
    public Row {
      filled(template, facts);
    }

    String words() {
      return filled(template, facts);
    }

    @Override
    public void fields(Map<String, Object> fields) {
      put(facts, fields);
    }
  }

  /**
   * Words without a label.
   *
   * @param lead words before them that are not to be overlooked; may be empty
   */
  record Paragraph(String lead, String template, List<Fact> facts) implements Item {
    public Paragraph {
      filled(template, facts);
    }

    String words() {
      return filled(template, facts);
    }

    @Override
    public void fields(Map<String, Object> fields) {
      put(facts, fields);
    }
  }

  /**
   * A picture, for pages that can show one.
   *
   * @param svg an element {@code svg}
   * @param caption what is to be seen, in a sentence
   */
  record Picture(String svg, String caption) implements Item {
    @Override
    public void fields(Map<String, Object> fields) {}
  }

  /** Facts for programs alone. */
  record Data(List<Fact> facts) implements Item {
    @Override
    public void fields(Map<String, Object> fields) {
      put(facts, fields);
    }
  }

  /**
   * A part.
   *
   * @param key of its object; null where its facts stand among the others
   */
  record Section(String key, Report content) implements Item {
    @Override
    public void fields(Map<String, Object> fields) {
      if (key == null) {
        content.fields().forEach((name, value) -> put(name, value, fields));
      } else {
        put(key, content.fields(), fields);
      }
    }
  }

  /** A list of parts. */
  record Parts(String key, List<Report> parts) implements Item {
    /** One more. */
    public Report part() {
      Report part = new Report();
      parts.add(part);
      return part;
    }

    @Override
    public void fields(Map<String, Object> fields) {
      put(key, parts.stream().map(Report::fields).toList(), fields);
    }
  }

  /**
   * A column.
   *
   * @param title may be empty
   * @param width characters at least; negative for text that begins at the left
   */
  record Column(String title, int width) {}

  /**
   * Rows of as many cells as there are columns.
   *
   * @param key of the list of rows; null where the cells' facts stand among the others, column by
   *     column
   */
  record Table(String key, List<Column> columns, List<List<Fact>> rows) implements Item {
    /** One more row. */
    public void row(Fact... cells) {
      if (cells.length != columns.size()) {
        throw new IllegalArgumentException(
            cells.length + " cells in " + columns.size() + " columns");
      }
      rows.add(List.of(cells));
    }

    @Override
    public void fields(Map<String, Object> fields) {
      if (key == null) {
        for (int column = 0; column < columns.size(); column++) {
          for (List<Fact> row : rows) {
            put(List.of(row.get(column)), fields);
          }
        }
        return;
      }
      put(
          key,
          rows.stream()
              .map(
                  row -> {
                    Map<String, Object> object = new LinkedHashMap<>();
                    put(row, object);
                    return object;
                  })
              .toList(),
          fields);
    }
  }

  private static void put(List<Fact> facts, Map<String, Object> fields) {
    for (Fact fact : facts) {
      if (fact.key() != null) {
        put(fact.key(), fact.json(), fields);
      }
    }
  }

  private static void put(String key, Object value, Map<String, Object> fields) {
    if (fields.containsKey(key)) {
      throw new IllegalArgumentException("a report states " + key + " twice");
    }
    fields.put(key, value);
  }

  private static String filled(String template, List<Fact> facts) {
    String[] between = template.split("\\{}", -1);
    if (between.length != facts.size() + 1) {
      throw new IllegalArgumentException(facts.size() + " facts for the words: " + template);
    }
    StringBuilder words = new StringBuilder(between[0]);
    for (int i = 0; i < facts.size(); i++) {
      words.append(facts.get(i).words()).append(between[i + 1]);
    }
    return words.toString();
  }
}
