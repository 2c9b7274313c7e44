package dev.sotto.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.base.InputException;
import dev.sotto.optimizer.LearningRate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a study's file says, and what is wrong with it in one line. */
class StudyConfigFileTest {
  @TempDir Path dir;
  private StudyFixture study;

  @BeforeEach
  void prepare() {
    study = new StudyFixture(dir);
  }

  @Test
  void pathsAreRelativeToTheFileAndEpsilonsAscend() {
    StudyConfig config = study.config();
    assertEquals(dir.resolve("train.csv").toAbsolutePath(), config.data().train());
    assertEquals(
        dir.resolve("held-out.csv").toAbsolutePath(), config.data().validation().orElseThrow());
    assertEquals(List.of(0.5, 8.0), config.epsilons());
    assertEquals(List.of(1L, 2L, 3L), config.seeds());
    assertNull(config.audit());
    assertEquals(12, config.runs().size());
    assertEquals("constant-eps0.5-seed1", config.runs().get(0).name());
    assertEquals("rldp-eps8-seed3", config.runs().get(11).name());
  }

  @Test
  void anEntryOverridesTheSettingsOfAll() throws IOException {
    set("learning_rate", "0.01");
    set("decay", "\"constant\"");
    set(
        "controllers",
        """
        ["constant", {"name": "rldp", "adapt_noise": true, "learning_rate": 0.02,
          "noise_allocation": "minimum-variance", "control_interval": 2, "clip_norm": 0.5},
         {"name": "rldp", "label": "RLDP, private reward", "reward": "private-loss"}]
        """);
    List<StudyArm> arms = study.config().arms();
    assertEquals("constant", arms.get(0).label());
    assertEquals(0.01, arms.get(0).training().learningRate());
    assertEquals(
        NoiseAllocation.UNIFORM, arms.get(0).options().privacy().orElseThrow().allocation());
    assertEquals("rldp + noise", arms.get(1).label());
    assertEquals("rldp-noise", arms.get(1).fileName());
    assertTrue(arms.get(1).adaptNoise());
    assertEquals(0.02, arms.get(1).training().learningRate());
    assertEquals(LearningRate.Decay.CONSTANT, arms.get(1).training().decay());
    assertEquals(
        NoiseAllocation.MINIMUM_VARIANCE,
        arms.get(1).options().privacy().orElseThrow().allocation());
    assertEquals(2, arms.get(1).options().control().orElseThrow().interval());
    assertEquals(0.5, arms.get(1).options().privacy().orElseThrow().clipNorm());
    assertEquals("rldp-private-reward", arms.get(2).fileName());
    assertTrue(arms.get(2).options().control().orElseThrow().privatizedReward());
  }

  @Test
  void refusesDataThatNobodyDeclaredPublic() throws IOException {
    for (String value : List.of("false", "null")) {
      set("data_is_public", value);
      refused("data_is_public", "tunes over them", "set it to true");
    }
    study.json.remove("data_is_public");
    refused("data_is_public", "no epsilon covers");
    set("data_is_public", "\"yes\"");
    refused("data_is_public", "yes", "without quotes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "learning_rat | 0.01 | 'learning_rat' is unknown | learning_rate",
        "steps | 0 | 'steps' is 0 | whole number from 1",
        "steps | 1.5 | 'steps' is 1.5 | whole number",
        "steps | null | 'steps' is missing | whole number",
        "batch_size | -4 | 'batch_size' is -4 | from 0.001",
        "batch_size | \"4\" | 'batch_size' is \"4\" | from 0.001",
        "epsilons | [] | 'epsilons' is [] | at least one",
        "epsilons | [8, 8.0] | 'epsilons' | twice",
        "epsilons | 8 | 'epsilons' is 8 | list",
        "epsilons | [0] | 'epsilons' is 0 | from 1e-6 to 100",
        "epsilons | [101] | 'epsilons' is 101 | from 1e-6 to 100",
        "seeds | [1, 0.5] | 'seeds' is 0.5 | whole",
        "accountant | \"gdp\" | 'accountant' is \"gdp\" | pld, rdp",
        "decay | \"log\" | 'decay' is \"log\" | cosine",
        "text_column | \"\" | 'text_column' is \"\" | text",
        "text_column | \" \" | blank | column",
        "rank | 300 | rank 300 | 256",
        "members | \"m.csv\" | 'members' | members and non_members together",
        "controllers | [\"rlpd\"] | 'controllers[0].name' is 'rlpd' | rldp-ppo",
        "controllers | [\"rldp\", 3] | 'controllers[1]' is 3 | name",
        "controllers | [{\"label\": \"x\"}] | 'controllers[0].name' is missing | text",
        "controllers | [\"rldp\", {\"name\": \"rldp\"}] | 'controllers[1].label' is 'rldp' | other",
        "controllers | [{\"name\": \"rldp\", \"rank\": 4}] | 'controllers[0].rank' is unknown | clip_norm",
        "controllers | [{\"name\": \"rldp\", \"clip_norm\": 0}] | 'controllers[0].clip_norm' is 0 | from 1e-30",
        "controllers | [{\"name\": \"rldp\", \"control_interval\": 21}] | 'controllers[0].control_interval' is 21 | 20",
        "control_interval | 21 | 'control_interval' is 21 | 20",
        "reward | \"both\" | 'reward' is \"both\" | private-loss",
      })
  void namesFileKeyAndFix(String key, String value, String first, String second)
      throws IOException {
    set(key, value);
    refused(first, second);
  }

  @Test
  void namesTheFileThatIsNoJson() throws IOException {
    Path broken = study.write("broken.json", "{\"model\": }");
    assertMessage(broken, "is no JSON", "line 1");
    assertMessage(study.write("list.json", "[]"), "no JSON object");
    assertMessage(
        study.write("twice.json", "{\"model\": 1, \"model\": 2}"),
        "two keys of one name",
        "line 1");
    assertMessage(dir.resolve("nowhere.json"), "no such file");
  }

  @Test
  void namesADataFileThatIsNotThere() throws IOException {
    Files.delete(dir.resolve("held-out.csv"));
    StudyConfig config = study.config();
    InputException e =
        assertThrows(
            InputException.class,
            () -> new Study(config, dir.resolve("out"), new StudyFixture.FormulaRunner()));
    assertTrue(e.getMessage().contains("held-out.csv: there is no such file"), e.getMessage());
  }

  private void set(String key, String value) throws IOException {
    ObjectNode object = study.json;
    object.set(key, new ObjectMapper().readTree(value));
  }

  private void refused(String... words) {
    assertMessage(study.file(), words);
  }

  private static void assertMessage(Path file, String... words) {
    InputException e = assertThrows(InputException.class, () -> StudyConfigFile.read(file));
    assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
    assertEquals(1, e.getMessage().lines().count(), e.getMessage());
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), "'" + word + "' in: " + e.getMessage());
    }
  }
}
