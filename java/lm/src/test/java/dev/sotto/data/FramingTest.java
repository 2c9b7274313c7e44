package dev.sotto.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.task.AdapterNotes;
import dev.sotto.tokenizer.Tokenizer;
import dev.sotto.tokenizer.VocabularyBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands around a text, by whose word; and the file that keeps it. */
class FramingTest {
  private static final int[] NOTHING = {};

  @TempDir Path dir;

  @BeforeEach
  void build() {
    VocabularyBuilder.write(dir, List.of("one two three"), 1000);
  }

  private Frame frame(Framing framing) {
    try (Tokenizer tokenizer = Tokenizer.open(dir, 1000)) {
      return Frame.of(framing, tokenizer);
    }
  }

  private void expect(int[] begin, int[] end, Framing framing) {
    Frame frame = frame(framing);
    assertArrayEquals(begin, frame.begin());
    assertArrayEquals(end, frame.end());
  }

  /** The parts of the template around a text: names of special tokens, and A. */
  private void postProcessor(String... parts) throws IOException {
    Path file = dir.resolve("tokenizer.json");
    ObjectNode root = (ObjectNode) Json.read(file, "");
    ObjectNode processor = root.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = processor.putArray("single");
    ArrayNode pair = processor.putArray("pair");
    ObjectNode special = processor.putObject("special_tokens");
    for (String part : parts) {
      String kind = part.equals("A") ? "Sequence" : "SpecialToken";
      single.addObject().putObject(kind).put("id", part).put("type_id", 0);
      if (!part.equals("A")) {
        ObjectNode token = special.putObject(part).put("id", part);
        token.putArray("ids").add(part.equals("<s>") ? 1 : 2);
        token.putArray("tokens").add(part);
      }
    }
    pair.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
    pair.addObject().putObject("Sequence").put("id", "B").put("type_id", 1);
    Files.write(file, Json.file(root));
  }

  private void config(String json) throws IOException {
    Files.writeString(dir.resolve("tokenizer_config.json"), json);
  }

  @Test
  void theTokenizersOwnFrameIsTheDefault() throws IOException {
    expect(new int[] {1}, new int[] {2}, Framing.OF_THE_TOKENIZER);
    expect(NOTHING, NOTHING, Framing.of(false, false));
    expect(
        NOTHING,
        new int[] {2},
        new Framing(Optional.of(false), Optional.empty(), Optional.empty()));
    postProcessor("<s>", "</s>", "A", "</s>");
    expect(new int[] {1, 2}, new int[] {2}, Framing.OF_THE_TOKENIZER);
    postProcessor("A", "</s>");
    expect(NOTHING, new int[] {2}, Framing.OF_THE_TOKENIZER);
    postProcessor("A");
    expect(NOTHING, new int[] {2}, Framing.OF_THE_TOKENIZER);
    // Chosen by hand, a text begins with the token that has the name.
    expect(new int[] {1}, new int[] {2}, Framing.of(true, true));
  }

  @Test
  void addBosTokenCountsWhereThePostProcessorPutsNothing() throws IOException {
    String names = "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\", \"add_bos_token\": ";
    config(names + "false}");
    expect(new int[] {1}, new int[] {2}, Framing.OF_THE_TOKENIZER);
    postProcessor("A");
    expect(NOTHING, new int[] {2}, Framing.OF_THE_TOKENIZER);
    config(names + "true}");
    expect(new int[] {1}, new int[] {2}, Framing.OF_THE_TOKENIZER);
    config("{\"eos_token\": \"</s>\", \"add_bos_token\": true}");
    expect(NOTHING, new int[] {2}, Framing.OF_THE_TOKENIZER);
    config(names + "\"yes\"}");
    String message =
        assertThrows(InputException.class, () -> frame(Framing.OF_THE_TOKENIZER)).getMessage();
    assertTrue(message.contains("tokenizer_config.json: key 'add_bos_token'"), message);
  }

  @Test
  void aBeginningBeyondTheVocabularyIsRefused() throws IOException {
    Path file = dir.resolve("tokenizer.json");
    String text = Files.readString(file);
    String other = text.replaceFirst("\"ids\" : \\[ 1 ]", "\"ids\" : [ 1000 ]");
    assertTrue(!other.equals(text));
    Files.writeString(file, other);
    assertThrows(InputException.class, () -> frame(Framing.OF_THE_TOKENIZER));
  }

  @Test
  void isKeptBesideTheAdapter() {
    assertEquals(Framing.OF_THE_TOKENIZER, AdapterNotes.read(dir).framing(), "there is no file");
    for (boolean begin : new boolean[] {true, false}) {
      for (boolean end : new boolean[] {true, false}) {
        AdapterNotes.of(Framing.of(begin, end)).write(dir);
        assertEquals(Framing.of(begin, end), AdapterNotes.read(dir).framing());
      }
    }
    Framing chosen = new Framing(Optional.of(true), Optional.empty(), Optional.empty());
    assertEquals(Framing.of(true, false), chosen.or(AdapterNotes.read(dir).framing()));
    Framing completions = Framing.of(true, false).withSeparator(Optional.of(" =>\n"));
    AdapterNotes.of(completions).write(dir);
    assertEquals(completions, AdapterNotes.read(dir).framing());
    Optional<String> byHand = Optional.of("");
    assertEquals(byHand, chosen.withSeparator(byHand).or(completions).separator());
    assertEquals(Optional.of(" =>\n"), chosen.or(completions).separator());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"frame\": 3}",
        "{\"frame\": {\"begin\": true}}",
        "{\"frame\": {\"begin\": \"on\", \"end\": true}}",
        "{\"frame\": {\"begin\": true, \"end\": true, \"middle\": true}}",
        "{\"frame\": {\"begin\": true, \"end\": true, \"separator\": 3}}",
        "{\"frame\": {\"begin\": true, \"end\": true}, \"pooler\": 1}",
      })
  void whatIsNoSuchFileIsRefusedInOneLine(String content) throws IOException {
    Files.writeString(dir.resolve("sotto.json"), content);
    String message =
        assertThrows(InputException.class, () -> AdapterNotes.read(dir).framing()).getMessage();
    assertTrue(message.startsWith(dir.resolve("sotto.json") + ": "), message);
    assertEquals(1, message.lines().count(), message);
  }
}
