package dev.sotto.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
  /** As a command composes one. */
  private static Report report() {
    Report report = new Report("What it costs");
    report.warning("NO GUARANTEE:", "the {} is fixed", Fact.said("seed"));
    report.row(
        "epsilon at most",
        "{}  at delta {}",
        Fact.atMost("epsilon", 1.23401),
        Fact.number("delta", 1e-5));
    report.row("at least", Fact.atLeast("epsilon_lower", 1.23399));
    report.row("", "by {}", Fact.of("accountant", "pld"));
    report.data(Fact.count("steps", 12345), Fact.of("controller", null));
    report.row("time", Fact.number("seconds", 0.25).in("s"));
    Item.Table table =
        report.table("by_step", new Item.Column("step", 8), new Item.Column("epsilon | spent", -9));
    table.row(Fact.count("step", 12345), Fact.atMost("epsilon", Double.POSITIVE_INFINITY));
    Report person = report.section("membership", "What it means");
    person.row("advantage", Fact.atMost("advantage", 0.5));
    Item.Parts runs = report.list("runs");
    for (int i = 0; i < 2; i++) {
      runs.part().row("run", "{} of {}", Fact.of("run", i), Fact.count("of", 2).unkept());
    }
    report.section("Files").row("chart", Fact.of("chart", "a.svg"));
    report.list("copies");
    return report;
  }

  @Test
  void peopleReadLines() {
    assertEquals(
        """
        NO GUARANTEE: the seed is fixed
        epsilon at most  1.235  at delta 1e-5
        at least         1.233
                         by pld
        time             0.25 s

            step  epsilon | spent
          12,345  infinity

        What it means
          advantage      0.5

        run              0 of 2
        run              1 of 2

        Files
          chart          a.svg
        """,
        PlainText.of(report()).replace(System.lineSeparator(), "\n"));
  }

  @Test
  void programsReadTheSameFacts() throws Exception {
    assertEquals(
        "{\"epsilon\":1.23401,\"delta\":1.0E-5,\"epsilon_lower\":1.23399,\"accountant\":\"pld\","
            + "\"steps\":12345,\"controller\":null,\"seconds\":0.25,"
            + "\"by_step\":[{\"step\":12345,\"epsilon\":null}],"
            + "\"membership\":{\"advantage\":0.5},\"runs\":[{\"run\":0},{\"run\":1}],"
            + "\"chart\":\"a.svg\",\"copies\":[]}",
        Json.MAPPER.writeValueAsString(report().fields()));
  }

  @Test
  void aPageHasTheSameWords() {
    assertEquals(
        """
        # What it costs

        **NO GUARANTEE:** the seed is fixed

        - epsilon at most: 1.235  at delta 1e-5
        - at least: 1.233
        - by pld
        - time: 0.25 s

        | step | epsilon \\| spent |
        | --- | --- |
        | 12,345 | infinity |

        ## What it means

        - advantage: 0.5
        - run: 0 of 2
        - run: 1 of 2

        ## Files

        - chart: a.svg
        """,
        Markdown.of(report()));
  }

  @Test
  void aReportThatContradictsItselfIsRefused() {
    Report report = new Report();
    report.data(Fact.count("steps", 1));
    report.section("More").row("steps", Fact.count("steps", 2));
    String twice = assertThrows(IllegalArgumentException.class, report::fields).getMessage();
    assertTrue(twice.contains("steps"), twice);
    assertThrows(IllegalArgumentException.class, () -> report.row("a", "{} and {}", Fact.said(1)));
    Item.Table table = report.table(null, new Item.Column("", 3));
    assertThrows(IllegalArgumentException.class, () -> table.row());
  }

  @Test
  void whatStandsInAFactIsNeverTakenForWords() {
    Report report = new Report();
    report.row("file", Fact.of("file", "{}{}.csv"));
    assertEquals(List.of("file  {}{}.csv"), PlainText.of(report).lines().toList());
  }
}
