package dev.sotto.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables against medians taken by hand, and pictures that show something. */
class StudyReportTest {
  private static final double NEVER = Double.POSITIVE_INFINITY;

  @TempDir Path dir;
  private StudyFixture study;
  private Path output;

  @BeforeEach
  void prepare() {
    study = new StudyFixture(dir);
    output = dir.resolve("out");
  }

  private StudyResults execute() {
    return new Study(study.config(), output, new StudyFixture.FormulaRunner())
        .execute(2, StudyProgress.SILENT);
  }

  @Test
  void mediansWithWhatNeverCameAbout() {
    assertEquals(new Spread(2, 1, 9, 3), Spread.of(List.of(9.0, 1.0, 2.0)));
    assertEquals(new Spread(3, 1, 9, 4), Spread.of(List.of(9.0, 1.0, 2.0, 4.0)));
    assertEquals(new Spread(2, 1, NEVER, 3), Spread.of(List.of(NEVER, 1.0, 2.0)));
    assertEquals(new Spread(NEVER, 1, NEVER, 2), Spread.of(List.of(NEVER, 1.0)));
    assertEquals(new Spread(NEVER, NEVER, NEVER, 2), Spread.of(List.of(NEVER, NEVER)));
    assertEquals(new Spread(5, 5, 5, 1), Spread.of(List.of(Double.NaN, 5.0)));
    assertEquals(0, Spread.of(List.of(Double.NaN)).count());
  }

  @Test
  void updatesAreCountedToTheFirstMeasurementThatIsGoodEnough() {
    UtilityCurve curve =
        new UtilityCurve(List.of(0L, 5L, 10L, 15L), List.of(100.0, 80.0, 85.0, 70.0));
    assertEquals(0, curve.updatesToReach(100));
    assertEquals(5, curve.updatesToReach(82));
    assertEquals(5, curve.updatesToReach(80));
    assertEquals(15, curve.updatesToReach(79.9));
    assertEquals(NEVER, curve.updatesToReach(69));
  }

  @Test
  void theTableHoldsTheMediansOfTheSeeds() {
    study.write("m.csv", "text\n");
    study.json.put("members", "m.csv").put("non_members", "m.csv").put("canaries", "m.csv");
    String table = StudyTable.of(execute(), List.of("utility"));
    assertTrue(table.contains(Study.NOT_COVERED), table);
    assertTrue(table.contains("12 of 12 runs finished"), table);
    // ε = 8: constant ends at 80 + seed, rldp at 70 + seed. Its curve 100 - 1.5 t + seed is at or
    // below the former from t = 13.3 on, first measured at 15.
    assertTrue(
        table.contains(
            "| constant | 3 | 102 | 82 (81 to 83) | 20 (20 to 20) | 7.92 | 4 (3 to 5) |"
                + " 0 (0 to 0) | 0.52 (0.51 to 0.53) | 0.6 (0.6 to 0.6) | 25% |"),
        table);
    assertTrue(
        table.contains("| rldp | 3 | 102 | 72 (71 to 73) | 15 (15 to 15) | 7.92 | 4 (3 to 5) |"),
        table);
    // ε = 0.5: 5 more.
    assertTrue(table.contains("| rldp | 3 | 107 | 77 (76 to 78) |"), table);
    // Constant never comes to rldp's end; each comes to its own at the last step.
    assertTrue(table.contains("| constant | 20 | never |"), table);
    assertTrue(table.contains("| rldp | 15 | 20 |"), table);
    assertTrue(table.contains("![utility](utility.svg)"), table);
  }

  @Test
  void programsGetTheSameFigures() {
    JsonNode all = ResultsFile.of(execute());
    assertEquals(Study.NOT_COVERED, all.get("not_covered_by_epsilon").asText());
    assertEquals(12, all.get("runs").size());
    JsonNode last = all.get("runs").get(11);
    assertEquals("rldp", last.get("label").asText());
    assertEquals(8, last.get("target_epsilon").asDouble());
    assertEquals(73, last.get("perplexity_after").asDouble(), 1e-9);
    assertEquals(5, last.get("utility").size());
    assertEquals(95.5, last.get("utility").get(1).get("perplexity").asDouble(), 1e-9);
    assertEquals(0.25, last.get("controller_share").asDouble(), 1e-9);
    assertEquals(15, last.get("updates_to_reach").get("constant").asDouble());
    assertEquals(20, last.get("updates_to_reach").get("rldp").asDouble());
    JsonNode constant = all.get("runs").get(10);
    assertTrue(constant.get("updates_to_reach").get("rldp").isNull(), "it never comes to 73");
    JsonNode cell = all.get("summary").get(3);
    assertEquals(72, cell.get("perplexity").get("median").asDouble(), 1e-9);
    assertEquals(71, cell.get("perplexity").get("least").asDouble(), 1e-9);
    assertEquals(73, cell.get("perplexity").get("most").asDouble(), 1e-9);
  }

  @Test
  void picturesComeAsPngAndSvg() throws Exception {
    StudyReport.write(execute(), output);
    for (String name :
        List.of(
            "utility",
            "epsilon",
            "thresholds-eps0.5",
            "thresholds-eps8",
            "noise-eps0.5",
            "noise-eps8")) {
      BufferedImage image = ImageIO.read(output.resolve(name + ".png").toFile());
      assertTrue(image.getWidth() > 1000 && image.getHeight() > 500, name);
      assertTrue(drawn(image) > 1000, name + " has " + drawn(image) + " dark pixels");
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
      factory.newDocumentBuilder().parse(output.resolve(name + ".svg").toFile());
      String last =
          switch (name) {
            case "utility" -> "rldp";
            case "epsilon" -> "all controllers";
            default -> "adapter 2";
          };
      assertTrue(Files.readString(output.resolve(name + ".svg")).contains(last), name);
    }
  }

  private static int drawn(BufferedImage image) {
    int count = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        count += (image.getRGB(x, y) & 255) < 180 ? 1 : 0;
      }
    }
    return count;
  }

  @Test
  void aStudyWhereAllFailedHasATableAndNoPictures() {
    StudyFixture.FormulaRunner broken = new StudyFixture.FormulaRunner();
    broken.failing = "";
    StudyResults results =
        new Study(study.config(), output, broken).execute(1, StudyProgress.SILENT);
    assertEquals(12, results.failed().size());
    assertEquals(List.of(), new StudyPictures(results).write(output));
    String table = StudyTable.of(results, List.of());
    assertTrue(table.contains("0 of 12 runs finished"), table);
    assertTrue(table.contains("| rldp | 0 | – | – | – | – | – |"), table);
  }
}
