package dev.sotto.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.data.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VocabularyBuilderTest {
  private static final List<String> TEXT =
      List.of("The cat sat on the mat.", "The cat said: \"a cat, 12 cats!\"\nThen it sat.");

  @TempDir Path dir;

  @Test
  void givesOneTokenForAWordAndForEachDigit() {
    int size = VocabularyBuilder.write(dir, TEXT, 10_000);
    assertTrue(size < 400, "fewer words than room: " + size);
    try (Tokenizer tokenizer = Tokenizer.open(dir, size)) {
      assertEquals(6, tokenizer.encode("The cat sat on the cats").length);
      // A blank before the number is a token of its own.
      assertEquals(4, tokenizer.encode("cat 12").length);
      assertEquals(1, tokenizer.bosId().getAsInt());
      assertEquals(2, tokenizer.eosId().getAsInt());
    }
  }

  @Test
  void roundTripsAnyText() throws IOException {
    VocabularyBuilder.write(dir, TEXT, 400);
    try (Tokenizer tokenizer = Tokenizer.open(dir, 400)) {
      for (String text :
          List.of(
              "The cat sat.",
              "  blanks  before,  between and after  ",
              "lines\n\r\n\tand tabs",
              "unseen words 98.6 <tag> {x} ~",
              "na\u00efve \u65e5\u672c \ud83d\ude00 \u0000",
              "<0x41> is no byte",
              " ",
              "")) {
        assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
      }
      // Blank, then the three bytes of the character: id 3 is byte 0.
      int blank = tokenizer.encode(" ")[0];
      assertArrayEquals(
          new int[] {blank, 3 + 0xe6, 3 + 0x97, 3 + 0xa5}, tokenizer.encode("\u65e5"));
    }
  }

  @Test
  void roundTripsABook() throws IOException {
    String book = Files.readString(SharedFiles.require("data/corpus/gutenberg/alice.txt"));
    VocabularyBuilder.write(dir, List.of(book), 3000);
    try (Tokenizer tokenizer = Tokenizer.open(dir, 3000)) {
      int[] ids = tokenizer.encode(book);
      assertEquals(book, tokenizer.decode(ids));
      assertTrue(ids.length < book.length() / 2, "words are single tokens");
    }
  }

  @Test
  void isDeterministicAndKeepsTheMostFrequentWords() throws IOException {
    VocabularyBuilder.write(dir, TEXT, 10_000);
    byte[] first = Files.readAllBytes(dir.resolve("tokenizer.json"));
    VocabularyBuilder.write(dir, TEXT, 10_000);
    assertArrayEquals(first, Files.readAllBytes(dir.resolve("tokenizer.json")));
    int fixed = 3 + 256 + 94 + 3;
    VocabularyBuilder.write(dir, TEXT, fixed + 1);
    try (Tokenizer tokenizer = Tokenizer.open(dir, fixed + 1)) {
      assertArrayEquals(new int[] {fixed}, tokenizer.encode("cat"));
      assertTrue(tokenizer.encode("mat").length > 1);
    }
    assertThrows(InputException.class, () -> VocabularyBuilder.write(dir, TEXT, fixed - 1));
  }
}
