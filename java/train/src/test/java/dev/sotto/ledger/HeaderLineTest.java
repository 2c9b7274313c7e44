package dev.sotto.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bytes of a header, which ledgers of runs made before hold too. */
class HeaderLineTest {
  private static final String GAUSSIAN =
      "{\"neighbouringRelation\":\"ADD_OR_REMOVE_ONE\",\"privacyUnit\":\"record\",\"units\":1000,"
          + "\"targetEpsilon\":3.0,\"delta\":1.0E-5,\"samplingProbability\":0.01,"
          + "\"mechanism\":\"gaussian\",\"noiseMultiplier\":1.1,"
          + "\"release\":{\"type\":\"gaussian\",\"sensitivities\":[0.3,0.7],"
          + "\"stddevs\":[0.46669047558312143,1.0889444430272832]},\"steps\":20,"
          + "\"accountant\":\"rdp\",\"control\":null,\"seeded\":false,\"coordinates\":10,"
          + "\"inputs\":{\"settings\":\""
          + "0".repeat(64)
          + "\",\"baseModel\":\""
          + "1".repeat(64)
          + "\",\"startingAdapter\":null}}";

  @TempDir Path dir;

  private String promise(LedgerHeader header) {
    Path file = dir.resolve("ledger.jsonl");
    Ledger.create(file, header).close();
    assertEquals(header, LedgerReader.read(file).header());
    String line = LedgerFixture.lines(file).get(0);
    return line.substring(line.indexOf("\"promise\":") + 10, line.length() - 1);
  }

  @Test
  void aHeaderIsWrittenAsItEverWas() {
    assertEquals(GAUSSIAN, promise(LedgerFixture.HEADER));
  }

  @Test
  void aFirstStageStandsInIt() {
    String stage =
        "\"coordinates\":10,\"firstStage\":{\"samplingProbability\":0.25,\"mechanism\":\"gaussian\","
            + "\"noiseMultiplier\":5.0,\"release\":{\"type\":\"gaussian\","
            + "\"sensitivities\":[0.3,0.7],\"stddevs\":[2.1213203435596424,4.949747468305833]},"
            + "\"steps\":4,\"coordinates\":4}";
    assertEquals(GAUSSIAN.replace("\"coordinates\":10", stage), promise(LedgerFixture.staged(4)));
  }

  @Test
  void aControllerStandsInIt() {
    String expected =
        GAUSSIAN
            .replace("\"accountant\":\"rdp\"", "\"accountant\":\"rdp-filter\"")
            .replace(
                "\"control\":null",
                "\"control\":{\"name\":\"random\",\"startedFrom\":null,\"statisticsStddev\":null,"
                    + "\"filterOrder\":6.0}");
    assertEquals(expected, promise(LedgerFixture.filtered(6.0)));
  }
}
