package dev.sotto.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.report.LinePicture.Line;
import dev.sotto.report.LinePicture.Point;
import java.io.StringReader;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class HtmlTest {
  @Test
  void whatIsSaidIsTextAndNoMarkup() {
    Report report = new Report("<b>A & B</b>");
    report.text("{} and `code <i>`", Fact.said("<script>alert(1)</script>"));
    report.row("a <", "{}", Fact.said("`x` \"y\""));
    report.table(null, new Item.Column("<t>", 3)).row(Fact.said("</table>"));
    report.warning("<!>", "take care");
    String page = Html.of(report);
    assertTrue(page.contains("<h1>&lt;b&gt;A &amp; B&lt;/b&gt;</h1>"), page);
    assertTrue(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt; and <code>code &lt;i&gt;</code>"));
    assertTrue(page.contains("<dt>a &lt;</dt><dd><code>x</code> &quot;y&quot;</dd>"), page);
    assertTrue(page.contains("<td class=\"number\">&lt;/table&gt;</td>"), page);
    assertTrue(page.contains("<strong>&lt;!&gt;</strong> take care"), page);
    assertFalse(page.contains("<script"));
  }

  @Test
  void rowsStandInOneListWhateverDataLiesBetween() {
    Report report = new Report("r");
    report.row("one", Fact.said("1"));
    report.data(Fact.count("n", 1));
    report.row("two", Fact.said("2"));
    report.section("next").row("three", Fact.said("3"));
    String page = Html.of(report);
    assertEquals(2, page.split("<dl>", -1).length - 1, page);
    assertEquals(2, page.split("</dl>", -1).length - 1, page);
  }

  private static Document parsed(LinePicture picture) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(picture.svg())));
  }

  @Test
  void aLineGoesThroughItsPoints() throws Exception {
    Document svg =
        parsed(
            new LinePicture(
                "t <",
                "x",
                "y",
                List.of(
                    new Line(
                        "a & b",
                        List.of(
                            new Point(0, 0),
                            new Point(5, Double.NaN),
                            new Point(10, 100),
                            new Point(20, Double.POSITIVE_INFINITY))))));
    assertEquals("t <", svg.getDocumentElement().getAttribute("aria-label"));
    assertEquals(2, svg.getElementsByTagName("circle").getLength(), "finite points alone");
    String path =
        svg.getElementsByTagName("path")
            .item(svg.getElementsByTagName("path").getLength() - 1)
            .getAttributes()
            .getNamedItem("d")
            .getNodeValue();
    // From the corner of both axes to the corner across: 0 and 10, 0 and 100 are round numbers.
    assertEquals("M58.0 296.0L624.0 34.0", path);
  }

  @Test
  void axesAreRoundAndValuesFarFromZeroHaveTheirOwnRange() throws Exception {
    String near =
        new LinePicture(
                "t", "x", "y", List.of(new Line("a", List.of(new Point(3, 70), new Point(7, 90)))))
            .svg();
    assertTrue(near.contains(">70<") && near.contains(">90<") && !near.contains(">60<"), near);
    String one =
        new LinePicture("t", "x", "y", List.of(new Line("a", List.of(new Point(0, 0))))).svg();
    assertFalse(one.contains("NaN") || one.contains("Infinity"), one);
    parsed(new LinePicture("t", "x", "y", List.of(new Line("a", List.of(new Point(1, -2))))));
  }

  @Test
  void withoutAPointThereIsNoPicture() {
    LinePicture none =
        new LinePicture("t", "x", "y", List.of(new Line("a", List.of(new Point(1, Double.NaN)))));
    assertEquals("", none.svg());
    Report report = new Report("r");
    report.picture(none, "nothing");
    assertFalse(Html.of(report).contains("<figure"));
  }
}
