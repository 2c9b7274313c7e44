package dev.sotto.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class SequenceFrameTest {
  private static final SequenceFrame BERT =
      new SequenceFrame(
          new int[] {101}, new int[] {102}, new int[] {102}, new int[] {0}, new int[] {102}, 1);

  @Test
  void putsOneTextOrTwoIntoASequence() {
    SequenceFrame.Sequence one = BERT.of(new int[] {5, 6}, Optional.empty(), 8);
    assertArrayEquals(new int[] {101, 5, 6, 102}, one.ids());
    assertArrayEquals(new int[4], one.types());
    SequenceFrame.Sequence two = BERT.of(new int[] {5, 6}, Optional.of(new int[] {7}), 8);
    assertArrayEquals(new int[] {101, 5, 6, 102, 7, 102}, two.ids());
    assertArrayEquals(new int[] {0, 0, 0, 0, 1, 1}, two.types());
  }

  @Test
  void cutsTheLongerTextFirst() {
    int[] four = {1, 2, 3, 4};
    assertArrayEquals(new int[] {101, 1, 2, 102}, BERT.of(four, Optional.empty(), 4).ids());
    assertArrayEquals(
        new int[] {101, 1, 2, 102, 9, 102}, BERT.of(four, Optional.of(new int[] {9}), 6).ids());
    assertArrayEquals(
        new int[] {101, 9, 102, 1, 2, 102}, BERT.of(new int[] {9}, Optional.of(four), 6).ids());
    assertArrayEquals(
        new int[] {101, 1, 2, 102, 1, 102}, BERT.of(four, Optional.of(four), 6).ids());
    assertArrayEquals(new int[] {101, 102, 102}, BERT.of(four, Optional.of(four), 3).ids());
  }

  /** The tokenizer of a real BERT, whose file asks for padding to 128. */
  @Test
  void findsTheFrameOfATokenizer() {
    Path dir = Path.of(System.getProperty("sotto.shared"), "data", "models", "minilm-l6");
    Assumptions.assumeTrue(Files.isDirectory(dir), "no model at " + dir);
    try (Tokenizer tokenizer = Tokenizer.open(dir, 30_522)) {
      SequenceFrame frame = tokenizer.sequenceFrame();
      assertArrayEquals(new int[] {101}, frame.begin());
      assertArrayEquals(new int[] {102}, frame.end());
      assertArrayEquals(new int[] {102}, frame.between());
      assertArrayEquals(new int[] {102}, frame.pairEnd());
      assertEquals(1, frame.secondType());
    }
  }

  /** A decoder's, which begins each text with its token and puts nothing behind them. */
  @Test
  void findsTheFrameOfADecoder() {
    Path dir = Path.of(System.getProperty("sotto.shared"), "data", "models", "stories260K-hf");
    Assumptions.assumeTrue(Files.exists(dir.resolve("tokenizer.json")), "no model at " + dir);
    try (Tokenizer tokenizer = Tokenizer.open(dir, 512)) {
      SequenceFrame frame = tokenizer.sequenceFrame();
      assertArrayEquals(new int[] {1}, frame.begin());
      assertEquals(0, frame.end().length);
      assertArrayEquals(new int[] {1}, frame.between());
    }
  }

  @Test
  void findsTheFrameOfRoberta() {
    Path dir = Path.of(System.getProperty("sotto.shared"), "data", "tokenizers", "roberta-base");
    Assumptions.assumeTrue(Files.exists(dir.resolve("tokenizer.json")), "no tokenizer at " + dir);
    try (Tokenizer tokenizer = Tokenizer.open(dir, 50_265)) {
      SequenceFrame frame = tokenizer.sequenceFrame();
      assertArrayEquals(new int[] {0}, frame.begin());
      assertArrayEquals(new int[] {2}, frame.end());
      assertArrayEquals(new int[] {2, 2}, frame.between());
      assertArrayEquals(new int[] {2}, frame.pairEnd());
      assertEquals(0, frame.secondType());
    }
  }
}
