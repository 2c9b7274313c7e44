package dev.sotto.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Sha256Test {
  @TempDir Path dir;

  @Test
  void knownDigests() {
    assertEquals(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        Sha256.hex(new byte[0]));
    assertEquals(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        Sha256.hex("abc".getBytes(StandardCharsets.US_ASCII)));
  }

  @Test
  void aFileOfSeveralChunksIsItsBytes() throws IOException {
    byte[] bytes = new byte[(1 << 21) + 3];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 31 + i / 7);
    }
    assertEquals(Sha256.hex(bytes), Sha256.ofFile(Files.write(dir.resolve("f"), bytes)));
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = dir.resolve("none");
    String message = assertThrows(InputException.class, () -> Sha256.ofFile(file)).getMessage();
    assertTrue(message.startsWith(file.toString()), message);
  }
}
