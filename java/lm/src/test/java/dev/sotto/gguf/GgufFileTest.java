package dev.sotto.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.data.SharedFiles;
import dev.sotto.fixtures.GgufBytes;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a GGUF file says is found, and every way in which it can lie is refused in one line. */
class GgufFileTest {
  private static final long HUGE = Long.MIN_VALUE; // 2^63 as an unsigned number

  @TempDir Path dir;

  private Path write(byte[] bytes) throws IOException {
    return Files.write(dir.resolve("model.gguf"), bytes);
  }

  private GgufFile open(GgufBytes bytes) throws IOException {
    return GgufFile.open(write(bytes.bytes()));
  }

  private void refused(byte[] bytes, String... words) throws IOException {
    Path file = write(bytes);
    String message =
        assertThrows(InputException.class, () -> GgufFile.open(file).close()).getMessage();
    assertTrue(message.startsWith(file.toString()), message);
    for (String word : words) {
      assertTrue(message.contains(word), word + " in: " + message);
    }
  }

  private static GgufBytes sound() {
    return new GgufBytes()
        .put("general.architecture", "llama")
        .put("llama.block_count", 2)
        .put("llama.rope.freq_base", 1e-5f)
        .put("flag", true)
        .strings("tokens", List.of("a", "é", ""))
        .numbers("kinds", List.of(1, 3))
        .floats("scores", List.of(-1.5f, 0.1f))
        .tensor("one", FloatBuffer.wrap(new float[] {1, 2, 3, 4, 5, 6}), 2, 3)
        .tensor("two", FloatBuffer.wrap(new float[] {7, 8}), 2);
  }

  @Test
  void findsWhatStandsInAFile() throws IOException {
    try (GgufFile file = open(sound())) {
      Metadata metadata = file.metadata();
      assertEquals("llama", metadata.string("general.architecture").orElseThrow());
      assertEquals(OptionalInt.of(2), metadata.whole("llama.block_count"));
      // What was meant, not the nearest single to it.
      assertEquals(1e-5, metadata.number("llama.rope.freq_base").orElseThrow());
      assertTrue(metadata.flagOr(false, "flag"));
      assertEquals(List.of("a", "é", ""), metadata.strings("tokens").orElseThrow());
      assertEquals(List.of(1.0, 3.0), metadata.numbers("kinds").orElseThrow());
      assertEquals(List.of(-1.5, 0.1), metadata.numbers("scores").orElseThrow());
      assertFalse(metadata.has("absent"));
      TensorEntry one = file.tensors().get("one");
      assertArrayEquals(new long[] {2, 3}, one.shape());
      float[] values = new float[6];
      file.data(one).asFloatBuffer().get(values);
      assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, values);
      assertEquals(8, file.data(file.tensors().get("two")).asFloatBuffer().get(1));
      assertEquals(List.of("one", "two"), List.copyOf(file.tensors().keySet()));
    }
  }

  @Test
  void refusesAValueOfAnotherType() throws IOException {
    try (GgufFile file = open(sound())) {
      Metadata metadata = file.metadata();
      for (Runnable wrong :
          List.<Runnable>of(
              () -> metadata.string("flag"),
              () -> metadata.whole("general.architecture"),
              () -> metadata.whole("tokens"),
              () -> metadata.number("flag"),
              () -> metadata.strings("kinds"),
              () -> metadata.strings("flag"),
              () -> metadata.flagOr(true, "llama.block_count"))) {
        assertThrows(InputException.class, wrong::run);
      }
    }
    byte[] negative = GgufBytes.number(-1, 4);
    try (GgufFile file = open(new GgufBytes().raw("n", 5, negative).raw("u", 4, negative))) {
      assertThrows(InputException.class, () -> file.metadata().whole("n"));
      assertThrows(InputException.class, () -> file.metadata().whole("u"));
    }
    try (GgufFile file = open(new GgufBytes().put("x", Float.NaN))) {
      assertThrows(InputException.class, () -> file.metadata().number("x"));
    }
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    byte[] whole = sound().bytes();
    // The last tensor's data ends 24 bytes before its padding does.
    for (int length = 0; length < whole.length - 24; length++) {
      refused(Arrays.copyOf(whole, length));
    }
  }

  @Test
  void refusesAnotherFormatOrVersion() throws IOException {
    refused(new byte[64], "GGUF");
    refused(sound().bytes(1, 2, 7), "version 1");
    refused(sound().bytes(0x03000000, 2, 7), "version", "little-endian");
  }

  @Test
  void refusesCountsThatTheFileCannotHold() throws IOException {
    refused(sound().bytes(3, 1_000_000_000, 7), "1000000000 tensors");
    refused(sound().bytes(3, 2, HUGE), "9223372036854775808 metadata values");
    refused(new GgufBytes().raw("t", 8, GgufBytes.number(HUGE, 8)).bytes(), "truncated");
    byte[] billion = new byte[12];
    billion[0] = 8;
    System.arraycopy(GgufBytes.number(1_000_000_000, 8), 0, billion, 4, 8);
    refused(new GgufBytes().raw("tokens", 9, billion).bytes(), "1000000000 elements");
  }

  @Test
  void refusesMetadataThatCannotBe() throws IOException {
    refused(new GgufBytes().put("a", 1).put("a", 2).bytes(), "'a' stands twice");
    refused(new GgufBytes().raw("a", 13, new byte[8]).bytes(), "unknown type 13");
    byte[] nested = GgufBytes.number(9, 12);
    refused(new GgufBytes().raw("a", 9, nested).bytes(), "array of arrays");
    refused(new GgufBytes().put("general.alignment", 24).bytes(), "power of two");
    refused(new GgufBytes().put("general.alignment", 0).bytes(), "power of two");
  }

  @Test
  void refusesTensorsThatCannotBe() throws IOException {
    refused(new GgufBytes().line("t", 0, 0, 1L << 40, 1L << 40).bytes(), "impossible sizes");
    refused(new GgufBytes().line("t", 0, 0, HUGE).bytes(), "impossible sizes");
    refused(new GgufBytes().line("t", 0, 0, 0).bytes(), "impossible sizes");
    refused(new GgufBytes().line("t", 0, 0, 1, 1, 1, 1, 1).bytes(), "5 sizes");
    refused(new GgufBytes().line("t", 0, 0).bytes(), "0 sizes");
    refused(new GgufBytes().line("t", 99, 0, 1).bytes(), "unknown type 99");
    refused(new GgufBytes().line("t", 4, 0, 1).bytes(), "unknown type 4");
    refused(new GgufBytes().line("t", 2, 0, 33).bytes(), "rows of 33 values", "Q4_0");
    refused(new GgufBytes().line("t", 0, 0, 1024).bytes(), "of the data");
    refused(sound().line("t", 0, HUGE, 1).bytes(), "of the data");
    refused(sound().line("t", 0, 1, 1).bytes(), "no multiple of 32");
    refused(sound().line("t", 0, 0, 1).bytes(), "overlaps");
    refused(sound().line("one", 0, 0, 1).bytes(), "'one' stands twice");
  }

  @Test
  void namesATypeThatIsNotSupported() throws IOException {
    try (GgufFile file = open(sound().line("t", 16, 64, 256))) {
      String message =
          assertThrows(InputException.class, () -> file.data(file.tensors().get("t"))).getMessage();
      assertTrue(message.contains("IQ2_XXS") && message.contains("Q4_K"), message);
    }
  }

  @Test
  void readsARealFile() {
    Path real =
        SharedFiles.require("data/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
    try (GgufFile file = GgufFile.open(real)) {
      assertEquals(272, file.tensors().size());
      TensorEntry down = file.tensors().get("blk.0.ffn_down.weight");
      assertEquals("Q4_1", down.type().name());
      assertArrayEquals(new long[] {576, 1536}, down.shape());
      assertEquals(49152, file.metadata().strings("tokenizer.ggml.tokens").orElseThrow().size());
    }
  }
}
