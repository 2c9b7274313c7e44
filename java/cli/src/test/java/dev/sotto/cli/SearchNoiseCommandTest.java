package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noisefile.NoiseFields;
import dev.sotto.noisefile.NoiseFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchNoiseCommandTest {
  @TempDir Path directory;

  private static CommandRun search(String... more) {
    List<String> args = new ArrayList<>(List.of("search-noise", "--delta", "1e-6"));
    args.addAll(List.of(more));
    if (!args.contains("published-grid")) {
      args.addAll(List.of("--starts", "2", "--evaluations", "150"));
    }
    return CommandRun.of(args);
  }

  @Test
  void findsMixturesWhereTheyWin() throws IOException {
    Path noise = directory.resolve("noise.json");
    Path chart = directory.resolve("densities.svg");
    JsonNode found =
        search(
                "--epsilon",
                "6",
                "--objective",
                "absolute",
                "--clip",
                "0.5",
                "--output",
                noise.toString(),
                "--chart",
                chart.toString(),
                "--json")
            .json();
    assertEquals("lmo", found.get("winner").asText());
    JsonNode candidates = found.get("candidates");
    assertEquals(3, candidates.size());
    for (JsonNode candidate : candidates) {
      assertTrue(candidate.get("epsilon").asDouble() <= 6, candidate.toString());
    }
    assertEquals(1, candidates.get(0).get("ratio_to_gaussian").asDouble());
    double laplace = candidates.get(1).get("mean_absolute").asDouble();
    double lmo = candidates.get(2).get("mean_absolute").asDouble();
    assertEquals(0.5 / 6, laplace, 1e-4);
    assertTrue(lmo < 0.9 * laplace, lmo + " against " + laplace);
    // The file holds the winner's law as finetune reads it, and how it was found.
    LmoNoise law = NoiseFile.read(noise);
    assertEquals(NoiseFields.read(candidates.get(2).get("law"), Set.of()), law);
    assertEquals(lmo, law.meanAbsolute(), 1e-12);
    JsonNode search = new JsonMapper().readTree(noise.toFile()).get("search");
    assertEquals("lmo", search.get("winner").asText());
    assertEquals(0.45, search.get("query").get("gamma").asDouble(), 1e-15);
    assertEquals(3, search.get("candidates").size());
    String picture = Files.readString(chart);
    assertTrue(picture.contains("<svg"), picture.substring(0, 200));
  }

  @Test
  void saysPlainlyWhenPlainerNoiseWins() throws IOException {
    Path chart = directory.resolve("densities.png");
    CommandRun one = search("--epsilon", "1", "--chart", chart.toString()).succeeded();
    assertTrue(one.out().contains("winner         Laplace noise"), one.out());
    assertTrue(one.out().contains("LMO noise      is no better here"), one.out());
    assertTrue(ImageIO.read(chart.toFile()).getWidth() > 500);
    CommandRun many = search("--epsilon", "1", "--dimension", "1000").succeeded();
    assertTrue(many.out().contains("winner         Gaussian noise"), many.out());
    assertTrue(many.out().contains("LMO noise      does not win here"), many.out());
    JsonNode tie = search("--epsilon", "1", "--json").json();
    assertEquals("laplace", tie.get("winner").asText());
    assertTrue(tie.get("tie").asBoolean());
  }

  @Test
  void repeatsThePublishedSearchAndMarksIt() throws IOException {
    Path noise = directory.resolve("paper.json");
    String[] args = {
      "--method",
      "published-grid",
      "--objective",
      "usefulness",
      "--epsilon",
      "1",
      "--dimension",
      "1000"
    };
    JsonNode found = search(with(args, "--output", noise.toString(), "--json")).json();
    String warning = "paper accounting: not a differential privacy guarantee";
    assertEquals(warning, found.get("warning").asText());
    assertFalse(found.has("epsilon"), "no bare epsilon may be taken for a guarantee");
    assertTrue(found.get("paper_epsilon").asDouble() < 1);
    assertTrue(found.get("exact_epsilon").asDouble() > found.get("paper_epsilon").asDouble());
    JsonNode file = new JsonMapper().readTree(noise.toFile());
    assertEquals(warning, file.get("search").get("warning").asText());
    assertEquals(NoiseFields.read(found.get("law"), Set.of()), NoiseFile.read(noise));
    assertTrue(search(args).succeeded().out().contains(warning));
  }

  private static String[] with(String[] first, String... second) {
    List<String> all = new ArrayList<>(List.of(first));
    all.addAll(List.of(second));
    return all.toArray(String[]::new);
  }

  @Test
  void refusesBadInput() {
    search("--epsilon", "1", "--objective", "size").refused("--objective 'size'", "usefulness");
    search("--epsilon", "0").refused("--epsilon 0", "from 1e-6 to 100");
    search().refused("--epsilon is missing");
    search("--epsilon", "1", "--dimension", "0").refused("--dimension 0");
    search("--epsilon", "1", "--gamma", "-1").refused("--gamma -1");
    CommandRun.of("search-noise", "--epsilon", "1e-14", "--delta", "1e-15")
        .refused("--epsilon 1e-14 is not a number from 1e-6 to 100");
    search("--epsilon", "0.1", "--method", "published-grid").refused("published grid", "below 0.1");
    search("--epsilon", "1", "--method", "published-grid", "--starts", "3")
        .refused("--starts", "published-grid");
    search("--epsilon", "1", "--chart", "picture.gif").refused("picture.gif", ".svg");
    String nowhere = directory.resolve("none/noise.json").toString();
    search("--epsilon", "1", "--output", nowhere).refused(nowhere);
  }
}
