package dev.sotto.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.InputException;
import dev.sotto.data.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
  @TempDir Path dir;

  private String refusal(int vocabularySize) {
    String message =
        assertThrows(InputException.class, () -> Tokenizer.open(dir, vocabularySize).close())
            .getMessage();
    assertTrue(message.contains(dir.toString()), message);
    assertEquals(1, message.lines().count(), message);
    return message;
  }

  private void small() {
    VocabularyBuilder.write(dir, List.of("the cat"), 400);
  }

  @Test
  void encodesAsGpt2() {
    Path gpt2 = SharedFiles.require("data/tokenizers/gpt2");
    try (Tokenizer tokenizer = Tokenizer.open(gpt2, 50257)) {
      assertArrayEquals(new int[] {15496, 995, 338, 17031}, tokenizer.encode("Hello world's 123"));
      assertEquals(0, tokenizer.encode("").length);
      assertEquals(OptionalInt.empty(), tokenizer.bosId());
      assertEquals(0, tokenizer.beginIds().length);
      String text = " two  blanks\n\ttab \u00e9 \ud83d\ude00 \u0000 end ";
      assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
    }
  }

  @Test
  void encodesAsLlama2() {
    Path llama = SharedFiles.require("data/tokenizers/llama2");
    try (Tokenizer tokenizer = Tokenizer.open(llama, 32000)) {
      assertArrayEquals(new int[] {15043, 3186}, tokenizer.encode("Hello world"));
      assertEquals(OptionalInt.of(1), tokenizer.bosId());
      assertEquals(OptionalInt.of(2), tokenizer.eosId());
      assertArrayEquals(new int[] {1}, tokenizer.beginIds());
      assertEquals("Hello world", tokenizer.decode(new int[] {15043, 3186}));
      assertEquals("<s> Hello world", tokenizer.decode(new int[] {1, 15043, 3186}));
      assertEquals("Hello world", tokenizer.decode(new int[] {1, 15043, 3186}, true));
    }
  }

  @Test
  void saysWhereEachTokenStands() {
    String text = "<s>[INST] h\u00e9, \ud83d\ude00\ud83d\udc69 \u65e5 [/INST] ok</s>";
    for (String name : List.of("gpt2", "llama2", "bert-base-uncased")) {
      Path path = SharedFiles.require("data/tokenizers/" + name);
      try (Tokenizer tokenizer = Tokenizer.open(path, 60_000)) {
        LocatedTokens located = tokenizer.locate(text);
        assertArrayEquals(tokenizer.encode(text), located.ids());
        int reached = 0;
        for (int i = 0; i < located.ids().length; i++) {
          int start = located.starts()[i];
          int end = located.ends()[i];
          String between = text.substring(Math.min(reached, start), start);
          assertTrue(between.isBlank() && start <= end, name + " skips " + between);
          assertTrue(!Character.isLowSurrogate(text.charAt(start)), name + " at " + start);
          reached = end;
        }
        assertEquals(text.length(), reached, name);
        assertEquals(0, tokenizer.locate("").ids().length);
      }
    }
    try (Tokenizer llama = Tokenizer.open(SharedFiles.require("data/tokenizers/llama2"), 32000)) {
      LocatedTokens located = llama.locate(text);
      int count = located.ids().length;
      // This file's special tokens are normalised, so that one right behind a word is none, as in
      // HuggingFace's own library: "</", "s" and ">".
      int[] end = Arrays.copyOfRange(located.ids(), count - 3, count);
      assertArrayEquals(new int[] {829, 29879, 29958}, end);
      assertEquals("</", text.substring(located.starts()[count - 3], located.ends()[count - 3]));
      assertEquals(1, located.ids()[0]);
      assertEquals(0, located.starts()[0]);
      assertEquals(3, located.ends()[0]);
    }
  }

  @Test
  void findsTheTemplateAndTheSpecialTokensThatItSees() throws IOException {
    small();
    assertEquals(Optional.empty(), template());
    Path config = dir.resolve("tokenizer_config.json");
    JsonMapper json = new JsonMapper();
    ObjectNode root = (ObjectNode) json.readTree(config.toFile());
    root.put("chat_template", "one");
    root.putObject("pad_token").put("content", "<pad>");
    Files.writeString(config, root.toString());
    assertEquals(Optional.of("one"), template());
    try (Tokenizer tokenizer = Tokenizer.open(dir, 400)) {
      assertEquals(
          Map.of(
              "bos_token", "<s>", "eos_token", "</s>", "unk_token", "<unk>", "pad_token", "<pad>"),
          tokenizer.specialTokens());
    }
    root.putArray("chat_template").addObject().put("name", "rag").put("template", "two");
    Files.writeString(config, root.toString());
    assertEquals(Optional.empty(), template());
    root.withArray("chat_template").addObject().put("name", "default").put("template", "three");
    Files.writeString(config, root.toString());
    assertEquals(Optional.of("three"), template());
    Files.writeString(dir.resolve("chat_template.jinja"), "four\n");
    assertEquals(Optional.of("four\n"), template());
    Files.write(dir.resolve("chat_template.jinja"), new byte[] {(byte) 0xff});
    assertTrue(refusal(400).contains("chat_template.jinja"));
  }

  private Optional<String> template() {
    try (Tokenizer tokenizer = Tokenizer.open(dir, 400)) {
      return tokenizer.chatTemplate();
    }
  }

  @Test
  void beginsAsPostProcessorsOfOtherKindsSay() {
    try (Tokenizer bert =
            Tokenizer.open(SharedFiles.require("data/tokenizers/bert-base-uncased"), 30522);
        Tokenizer roberta =
            Tokenizer.open(SharedFiles.require("data/tokenizers/roberta-base"), 50265)) {
      assertArrayEquals(new int[] {101}, bert.beginIds(), "[CLS], without the [SEP] behind");
      assertArrayEquals(new int[] {0}, roberta.beginIds());
    }
  }

  @Test
  void roundTripsStories() throws IOException {
    Path stories = SharedFiles.require("data/models/stories260K-hf");
    Path corpus = SharedFiles.require("data/corpus/tinystories_sample_cs336.txt");
    try (Tokenizer tokenizer = Tokenizer.open(stories, 512)) {
      String text = Files.readString(corpus);
      int[] ids = tokenizer.encode(text);
      assertEquals(text, tokenizer.decode(ids));
      List<int[]> all = tokenizer.encodeAll(List.of("a", text, ""));
      assertArrayEquals(ids, all.get(1));
      assertEquals(0, all.get(2).length);
      assertEquals(OptionalInt.of(1), tokenizer.bosId());
    }
  }

  @Test
  void refusesIdsBeyondTheVocabulary() {
    Path gpt2 = SharedFiles.require("data/tokenizers/gpt2");
    String message =
        assertThrows(InputException.class, () -> Tokenizer.open(gpt2, 50256).close()).getMessage();
    assertTrue(message.contains("'<|endoftext|>' has the id 50256"), message);
    assertTrue(message.contains("vocab_size is 50256"), message);
    small();
    int size = VocabularyBuilder.write(dir, List.of("the cat"), 400);
    assertTrue(refusal(size - 1).contains("has the id " + (size - 1)));
    Tokenizer.open(dir, size).close();
  }

  @Test
  void padsAndCutsNothingEvenIfTheFileAsksForIt() throws IOException {
    small();
    JsonMapper json = new JsonMapper();
    Path file = dir.resolve("tokenizer.json");
    ObjectNode root = (ObjectNode) json.readTree(file.toFile());
    root.set(
        "truncation",
        json.readTree(
            "{\"direction\":\"Right\",\"max_length\":3,\"strategy\":\"LongestFirst\","
                + "\"stride\":0}"));
    root.set(
        "padding",
        json.readTree(
            "{\"strategy\":{\"Fixed\":9},\"direction\":\"Right\",\"pad_to_multiple_of\":null,"
                + "\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"<unk>\"}"));
    Files.writeString(file, root.toString());
    try (Tokenizer tokenizer = Tokenizer.open(dir, 400)) {
      assertEquals(2, tokenizer.encode("the cat").length);
      assertEquals(800, tokenizer.encode("the cat ".repeat(400).strip()).length);
    }
  }

  @Test
  void findsSpecialTokensByTextThenByNumber() throws IOException {
    small();
    Files.delete(dir.resolve("tokenizer_config.json"));
    try (Tokenizer tokenizer = Tokenizer.open(dir, 400)) {
      assertEquals(OptionalInt.empty(), tokenizer.bosId());
    }
    Files.writeString(dir.resolve("config.json"), "{\"bos_token_id\":7,\"eos_token_id\":[9,10]}");
    try (Tokenizer tokenizer = Tokenizer.open(dir, 400)) {
      assertEquals(OptionalInt.of(7), tokenizer.bosId());
      assertEquals(OptionalInt.of(9), tokenizer.eosId());
    }
    Files.writeString(
        dir.resolve("special_tokens_map.json"), "{\"bos_token\":{\"content\":\"</s>\"}}");
    try (Tokenizer tokenizer = Tokenizer.open(dir, 400)) {
      assertEquals(OptionalInt.of(2), tokenizer.bosId());
      assertEquals(OptionalInt.of(9), tokenizer.eosId());
    }
    Files.writeString(dir.resolve("config.json"), "{\"eos_token_id\":400}");
    assertTrue(refusal(400).contains("eos_token_id 400"));
  }

  @Test
  void endsAtAnyIdOfTheFileThatDecides() throws IOException {
    small();
    Path config = dir.resolve("config.json");
    Files.writeString(
        config, "{\"eos_token_id\":[9,10],\"bos_token_id\":[1],\"pad_token_id\":[0,3]}");
    assertEquals(Set.of(2, 9, 10), ends());
    Path generation = dir.resolve("generation_config.json");
    Files.writeString(generation, "{\"bos_token_id\":1,\"pad_token_id\":[0]}");
    assertEquals(Set.of(2, 9, 10), ends());
    Files.writeString(generation, "{\"eos_token_id\":[11,2]}");
    assertEquals(Set.of(2, 11), ends());
    Files.writeString(generation, "{\"eos_token_id\":12}");
    assertEquals(Set.of(2, 12), ends());
    // By number alone, the first of the list is what ends a record in training.
    Files.delete(dir.resolve("tokenizer_config.json"));
    Files.writeString(generation, "{\"eos_token_id\":[12,9]}");
    assertEquals(Set.of(9, 12), ends());
    try (Tokenizer tokenizer = Tokenizer.open(dir, 400)) {
      assertEquals(OptionalInt.of(12), tokenizer.eosId());
      assertEquals(OptionalInt.of(1), tokenizer.bosId());
    }
    Files.writeString(generation, "{\"eos_token_id\":[12,400]}");
    assertTrue(refusal(400).contains("eos_token_id 400"));
    Files.writeString(generation, "{\"eos_token_id\":[\"x\"]}");
    assertTrue(refusal(400).contains("generation_config.json: eos_token_id must be"));
    Files.writeString(generation, "{\"eos_token_id\":-1}");
    assertEquals(Set.of(), ends());
  }

  private Set<Integer> ends() {
    try (Tokenizer tokenizer = Tokenizer.open(dir, 400)) {
      return tokenizer.endIds();
    }
  }

  @Test
  void namesAMissingFile() {
    assertTrue(refusal(10).contains("tokenizer.json: no such file"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "not json",
        "[]",
        "{}",
        "{\"model\":{\"vocab\":{}}}",
        "{\"model\":{\"type\":\"None\",\"vocab\":{\"a\":0}}}",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]}}",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":\"b\"},\"merges\":[]}}",
      })
  void refusesWhatIsNoTokenizer(String content) throws IOException {
    Files.writeString(dir.resolve("tokenizer.json"), content);
    refusal(10);
  }
}
