package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.Accountant;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.ledger.LedgerReader;
import dev.sotto.model.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole runs on the CUDA kernels, which the tests' own library runs on the host: what trains on a
 * CPU trains there, to the tolerance of the kernels and under the same noise.
 */
class EmulatedCudaRunTest {
  private static final double TOLERANCE = 2e-3;

  @TempDir Path dir;
  private Runs runs;

  @BeforeEach
  void prepare() {
    String library = System.getProperty("sotto.cuda.emulated", "absent");
    Assumptions.assumeTrue(
        Files.exists(Path.of(library)), "the emulation was not built: " + library);
    System.setProperty("sotto.cuda", library);
    runs = Runs.in(dir);
    runs.steps = 3;
    runs.testSeed = 5L;
    runs.precision = Precision.F32;
  }

  @AfterEach
  void forgetTheEmulation() {
    System.clearProperty("sotto.cuda");
  }

  @Test
  void theBackendSaysThatItIsEmulated() {
    try (Backend cuda = Backends.open("cuda", 1)) {
      assertTrue(cuda.describe().contains("emulat"), cuda.describe());
    }
  }

  @Test
  void flatGaussianTrainsWhatTheCpuTrains() {
    compare();
  }

  @Test
  void perAdapterLmoTrainsWhatTheCpuTrains() {
    runs.privacy = Runs.privacy(NoiseChoice.lmo(Runs.LAW), true);
    compare();
  }

  @Test
  void withoutPrivacyTrainsWhatTheCpuTrains() {
    runs.privacy = null;
    compare();
  }

  @Test
  void inBf16TrainsWhatTheCpuTrains() {
    runs.precision = Precision.BF16;
    compare();
  }

  @Test
  void holdsMatricesInBf16UnlessAskedOtherwise() throws IOException {
    runs.precision = null;
    train("cuda");
    assertTrue(Files.readString(runs.output.resolve("settings.json")).contains("\"bf16\""));
  }

  /** The noise is the same to the bit, so what differs is the arithmetic of the gradients alone. */
  private void compare() {
    Map<String, float[]> cpu = train("cpu");
    Map<String, float[]> cuda = train("cuda");
    assertEquals(cpu.keySet(), cuda.keySet());
    double largest = 0;
    for (String name : cpu.keySet()) {
      assertArrayEquals(cpu.get(name), cuda.get(name), (float) TOLERANCE, name);
      for (float weight : cpu.get(name)) {
        largest = Math.max(largest, Math.abs(weight));
      }
    }
    assertTrue(largest > 20 * TOLERANCE, "the weights have moved far beyond the tolerance");
    if (runs.privacy != null) {
      var ledger = LedgerReader.read(runs.output.resolve("ledger.jsonl"));
      assertEquals(3, ledger.committed());
      assertTrue(ledger.epsilon(Accountant.rdp()).upper() <= 8);
    }
  }

  private Map<String, float[]> train(String backend) {
    runs.backend = backend;
    runs.output = dir.resolve(backend);
    runs.run();
    Map<String, float[]> weights = new TreeMap<>();
    try (SafetensorsFile file =
        SafetensorsFile.open(runs.output.resolve("adapter_model.safetensors"))) {
      file.names().forEach(name -> weights.put(name, file.tensor(name).toFloats()));
    }
    return weights;
  }
}
