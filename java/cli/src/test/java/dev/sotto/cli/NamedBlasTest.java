package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A BLAS that a user names, whose rows depend on their place in a call: refused for private records
 * before anything is written, and used for everything else.
 */
class NamedBlasTest {
  @TempDir Path work;

  private final Path blas =
      Path.of(System.getProperty("sotto.cuda.emulated", "absent"))
          .resolveSibling("libsotto_dependent_blas.so");

  @BeforeEach
  void nameTheBlas() {
    assumeTrue(Files.exists(blas), "the native tests are not built: " + blas);
    System.setProperty("sotto.blas", blas.toString());
  }

  @AfterEach
  void forgetIt() {
    System.clearProperty("sotto.blas");
  }

  @Test
  void privateTrainingRefusesItBeforeAnythingIsWritten() {
    // A vocabulary of 480 times 160 channels goes through a BLAS; smaller matrices do not.
    Path model = PretrainedModel.in(work, 160);
    Path notes = PretrainedModel.notes(work);
    List<String> finetune =
        new ArrayList<>(
            List.of("finetune", "--model", model.toString(), "--train", notes.toString()));
    finetune.addAll(List.of("--backend", "cpu", "--steps", "2", "--batch-size", "4"));
    finetune.addAll(List.of("--max-length", "32", "--output", work.resolve("run").toString()));
    CommandRun.of(finetune)
        .refused("the BLAS cannot serve private training", "n = 480, k = 160", "built-in GEMM");
    assertFalse(Files.exists(work.resolve("run")), "a refused run left something");
    CommandRun.of(
            "evaluate",
            "--model",
            model.toString(),
            "--data",
            notes.toString(),
            "--private-epsilon",
            "1",
            "--ledger",
            work.resolve("evaluation.jsonl").toString())
        .refused("the BLAS cannot serve private training");
    assertFalse(
        Files.exists(work.resolve("evaluation.jsonl")), "a refused evaluation left a ledger");
    CommandRun.of("evaluate", "--model", model.toString(), "--data", notes.toString()).succeeded();
    finetune.add("--no-privacy");
    CommandRun.of(finetune).succeeded();
  }

  @Test
  void doctorSaysWhichGemmServesAndWhy() {
    var refused = CommandRun.of("doctor", "--json").json();
    assertTrue(refused.get("private_gemm").asText().startsWith("refused: "), refused.toString());
    assertTrue(refused.get("public_gemm").asText().contains("dependent_blas"), refused.toString());
    System.setProperty("sotto.blas", "");
    var usual = CommandRun.of("doctor", "--json").json();
    assertTrue(usual.get("private_gemm").asText().startsWith("built-in: "), usual.toString());
  }

  @Test
  void aBlasThatIsNotThereIsRefused() {
    System.setProperty("sotto.blas", work.resolve("none.so").toString());
    CommandRun.of("doctor").refused("sotto.blas", "none.so", "openblas");
  }
}
