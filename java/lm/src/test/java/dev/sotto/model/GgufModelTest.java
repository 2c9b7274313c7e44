package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DenseAlgebra.Product;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Rows;
import dev.sotto.data.SharedFiles;
import dev.sotto.fixtures.Python;
import dev.sotto.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A GGUF file is the model that the HuggingFace folder is: the same weights to the bit, the same
 * ids of the same text. Python makes a folder of the one real file, and files of the small folders:
 * property {@code sotto.python}, environment SOTTO_PYTHON, or {@code python3}.
 */
class GgufModelTest {
  private static final String REAL =
      "data/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf";

  @TempDir Path dir;

  @Test
  void theRealFileIsItsFolder() throws IOException, InterruptedException {
    Path file = SharedFiles.require(REAL);
    Path folder = dir.resolve("folder");
    python(SharedFiles.require("tools/gguf_to_hf.py"), "numpy", file.toString(), folder.toString());
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel fromFile = LanguageModel.load(backend, file);
        LanguageModel fromFolder = LanguageModel.load(backend, folder)) {
      assertEquals(fromFolder.config(), fromFile.config());
      assertSameWeights(fromFolder, fromFile);
      LinearWeights query = fromFile.layers.get(0).linears().get(0);
      assertEquals(ElementType.QUANTISED, query.weight().type());
      int size = fromFile.config().vocabularySize();
      try (Tokenizer ofFile = Tokenizer.open(file, size);
          Tokenizer ofFolder = Tokenizer.open(folder, size)) {
        assertSameIds(ofFolder, ofFile);
        assertEquals(ofFolder.bosId(), ofFile.bosId());
        assertEquals(ofFolder.eosId(), ofFile.eosId());
        assertEquals(ofFolder.endIds(), ofFile.endIds());
        assertArrayEquals(ofFolder.beginIds(), ofFile.beginIds());
        assertEquals(ofFolder.chatTemplate(), ofFile.chatTemplate());
        assertTrue(ofFile.chatTemplate().orElseThrow().contains("<|im_start|>"));
      }
    }
  }

  /** Rounded to BF16 after they are unpacked. */
  @Test
  void theRealFileIsItsFolderInBf16() throws IOException, InterruptedException {
    Path file = SharedFiles.require(REAL);
    Path folder = dir.resolve("folder");
    python(SharedFiles.require("tools/gguf_to_hf.py"), "numpy", file.toString(), folder.toString());
    try (Backend backend = Backends.open("cpu", 2);
        LanguageModel fromFile = LanguageModel.load(backend, file, Precision.BF16);
        LanguageModel fromFolder = LanguageModel.load(backend, folder, Precision.BF16)) {
      float[] x = new float[576];
      x[5] = 1;
      x[570] = -3;
      assertArrayEquals(product(fromFolder, x), product(fromFile, x));
    }
  }

  /** The first query projection of a vector. */
  private static float[] product(LanguageModel model, float[] x) {
    LinearWeights query = model.layers.get(0).linears().get(0);
    Backend backend = model.backend();
    try (DeviceBuffer in = backend.allocate(ElementType.F32, x.length);
        DeviceBuffer out = backend.allocate(ElementType.F32, query.out())) {
      in.upload(x);
      backend
          .dense()
          .gemm(
              new Product(false, true, 1, query.out(), query.in()),
              1f,
              new Rows(in, query.in()),
              new Rows(query.weight(), query.in()),
              0f,
              new Rows(out, query.out()),
              null);
      return out.downloadFloats(query.out());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "models/llama3", // rope_freqs.weight in place of rope_scaling
        "models2/llama",
        "models2/qwen2",
        "models2/qwen3",
        "models2/gemma",
        "models2/gemma2",
        "models2/gemma3_text"
      })
  void aSmallFileAgreesWithFloat64(String name) throws IOException, InterruptedException {
    Path folder = Golden.oracle(name);
    Path adapterDir = Golden.adapter(folder, dir);
    Path file = dir.resolve("model.gguf");
    Path script = dir.resolve("folder_to_gguf.py");
    try (InputStream source = GgufModelTest.class.getResourceAsStream("/folder_to_gguf.py")) {
      Files.copy(source, script);
    }
    python(script, "gguf", folder.toString(), file.toString());
    JsonNode tolerance = new ObjectMapper().readTree(folder.resolve("tolerance.json").toFile());
    try (Backend backend = Backends.open("cpu", 2);
        SafetensorsFile golden = SafetensorsFile.open(folder.resolve("golden.safetensors"));
        LanguageModel fromFolder = LanguageModel.load(backend, folder);
        LanguageModel model = LanguageModel.load(backend, file);
        LoraAdapters lora = LoraAdapters.load(model, adapterDir)) {
      assertSameWeights(fromFolder, model);
      Golden expected = new Golden(golden);
      PassCapacity capacity =
          PassCapacity.train(expected.rows, expected.batch, expected.batch, expected.length);
      for (String logits : List.of("base_logits", "lora_logits")) {
        LoraAdapters adapters = logits.startsWith("lora") ? lora : null;
        try (TransformerPass pass = new TransformerPass(model, adapters, capacity)) {
          Golden.compare(
              logits, expected.logits(logits), pass.logits(expected.toBatch()), tolerance);
        }
      }
    }
  }

  private static void assertSameWeights(LanguageModel expected, LanguageModel actual) {
    assertEquals(expected.tensors().keySet(), actual.tensors().keySet());
    for (Map.Entry<String, DeviceBuffer> tensor : expected.tensors().entrySet()) {
      DeviceBuffer other = actual.tensors().get(tensor.getKey());
      int length = (int) tensor.getValue().length();
      assertEquals(length, other.length(), tensor.getKey());
      assertArrayEquals(
          tensor.getValue().downloadFloats(length), other.downloadFloats(length), tensor.getKey());
    }
  }

  private static void assertSameIds(Tokenizer expected, Tokenizer actual) throws IOException {
    for (String corpus : List.of("wikitext-2/test.txt.gz", "tinyshakespeare.txt.gz")) {
      Path path = SharedFiles.require("data/corpus/" + corpus);
      try (InputStream in = new GZIPInputStream(Files.newInputStream(path))) {
        String text = new String(in.readNBytes(1_000_000), StandardCharsets.UTF_8);
        int[] ids = expected.encode(text);
        assertTrue(ids.length > 100_000, ids.length + " ids");
        assertArrayEquals(ids, actual.encode(text), corpus);
        assertEquals(expected.decode(ids), actual.decode(ids), corpus);
      }
    }
    for (String text :
        List.of(
            "", " ", "\n\n a", "日本語 ünï 😀 1234 5.6", "<|im_start|>user\nhi<|im_end|>", "\t\tx")) {
      assertArrayEquals(expected.encode(text), actual.encode(text), text);
    }
  }

  /** Runs a script, or skips the test where Python or a package is missing. */
  private void python(Path script, String needs, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Python.with(GgufModelTest.class, needs));
    command.add(script.toString());
    command.addAll(List.of(arguments));
    Path log = dir.resolve("log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertTrue(process.waitFor(240, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), Files.readString(log));
  }
}
