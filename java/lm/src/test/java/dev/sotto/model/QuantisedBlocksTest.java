package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.data.SharedFiles;
import dev.sotto.gguf.GgufFile;
import dev.sotto.gguf.TensorEntry;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each type of block against what the gguf package makes of it, to the bit. */
class QuantisedBlocksTest {
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cpu-reference"})
  void everyTypeStandsForTheSameValues(String backendName) {
    Path oracle = SharedFiles.require("oracles/gguf");
    int types = 0;
    try (Backend backend = Backends.open(backendName, 2);
        GgufFile blocks = GgufFile.open(oracle.resolve("blocks.gguf"));
        SafetensorsFile values = SafetensorsFile.open(oracle.resolve("values.safetensors"))) {
      for (TensorEntry tensor : blocks.tensors().values()) {
        float[] expected = values.tensor(tensor.name()).toFloats();
        try (DeviceBuffer unpacked =
            backend.weights(tensor.type().storage().orElseThrow(), blocks.data(tensor))) {
          float[] actual = unpacked.downloadFloats(expected.length);
          for (int i = 0; i < expected.length; i++) {
            assertEquals(
                Float.floatToIntBits(expected[i]),
                Float.floatToIntBits(actual[i]),
                tensor.name() + " " + i + ": " + expected[i] + " " + actual[i]);
          }
        }
        types++;
      }
    }
    assertTrue(types >= 15, types + " types");
  }
}
