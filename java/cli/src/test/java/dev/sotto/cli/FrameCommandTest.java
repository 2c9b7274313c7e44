package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.base.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The frame of an adapter's texts, from its training to whoever reads it. */
class FrameCommandTest {
  private static final String FIVE =
      """
      {"text": "The sun is out."}
      {"text": "The cat sat."}
      {"text": "It was warm."}
      {"text": "A dog ran by."}
      {"text": "The rain came."}
      """;

  @TempDir static Path work;

  private static Path model;
  private static Path data;
  private static Path bare;

  @BeforeAll
  static void train() {
    model = PretrainedModel.in(work);
    data = PretrainedModel.write(work.resolve("five.jsonl"), FIVE);
    bare = work.resolve("bare");
    finetune(bare, "--begin", "off", "--end", "off").succeeded();
  }

  private static CommandRun finetune(Path output, String... more) {
    return ModelCommands.finetune(model, data, output, more);
  }

  private static String frame(Path adapter) throws IOException {
    return Files.readString(adapter.resolve("sotto.json")).replaceAll("\\s+", "");
  }

  private static int tokens(String... more) {
    return ModelCommands.evaluate(model, data, more).get("tokens").asInt();
  }

  @Test
  void isSavedWithTheAdapterAndNamedByTheLedger() throws IOException {
    assertEquals("{\"frame\":{\"begin\":false,\"end\":false}}", frame(bare));
    List<String> ledger = Files.readAllLines(bare.resolve("ledger.jsonl"));
    String digest = Sha256.ofFile(bare.resolve("sotto.json"));
    assertTrue(ledger.get(ledger.size() - 1).contains("\"sotto.json\":\"" + digest + "\""));
    Path whole = work.resolve("whole");
    finetune(whole, "--no-privacy").succeeded();
    assertEquals("{\"frame\":{\"begin\":true,\"end\":true}}", frame(whole));
    // Who goes on from an adapter goes on in its frame, or in another one by hand.
    Path further = work.resolve("further");
    finetune(further, "--adapter", bare.toString()).succeeded();
    assertEquals(frame(bare), frame(further));
    Path other = work.resolve("other");
    finetune(other, "--adapter", bare.toString(), "--end", "on").succeeded();
    assertEquals("{\"frame\":{\"begin\":false,\"end\":true}}", frame(other));
  }

  @Test
  void isTheOneThatTheAdapterIsMeasuredAndReadIn() throws IOException {
    int whole = tokens();
    assertEquals(whole - 2 * 5, tokens("--begin", "off", "--end", "off"));
    assertEquals(whole - 2 * 5, tokens("--adapter", bare.toString()));
    assertEquals(whole - 5, tokens("--adapter", bare.toString(), "--begin", "on"));
    assertEquals(whole, tokens("--adapter", bare.toString(), "--begin", "on", "--end", "on"));
    // Adapters of other programs, and older ones: as the tokenizer has it.
    Path foreign = PretrainedModel.copy(bare, work.resolve("foreign"));
    Files.delete(foreign.resolve("sotto.json"));
    assertEquals(whole, tokens("--adapter", foreign.toString()));
  }

  @Test
  void isTheOneThatAPromptIsContinuedIn() {
    CommandRun.of("generate", "--model", model.toString(), "--adapter", bare.toString())
        .refused("--prompt is empty", "--begin on");
    String[] adapter = {"--adapter", bare.toString(), "--max-new-tokens", "40"};
    assertEquals(40, ModelCommands.generate(model, "The", adapter).get("new_tokens").asInt());
    assertTrue(ModelCommands.generate(model, "").get("new_tokens").asInt() > 0);
  }

  @Test
  void ofCompletionsItKeepsWhatStandsBehindThePrompt() throws IOException {
    Path pairs =
        PretrainedModel.write(work.resolve("pairs.csv"), "q,a\nThe sun,is out\nA cat,sat\n");
    String[] columns = {"--prompt-column", "q", "--completion-column", "a"};
    Path plain = work.resolve("plain");
    ModelCommands.finetune(model, pairs, plain, columns).succeeded();
    assertEquals("{\"frame\":{\"begin\":true,\"end\":true,\"separator\":\"\\n\"}}", frame(plain));
    Path arrow = work.resolve("arrow");
    ModelCommands.finetune(model, pairs, arrow, with(columns, "--separator", "then")).succeeded();
    assertEquals("{\"frame\":{\"begin\":true,\"end\":true,\"separator\":\"then\"}}", frame(arrow));
    // Measured and gone on with in it, unless told otherwise.
    String adapter = arrow.toString();
    JsonNode own = ModelCommands.evaluate(model, pairs, with(columns, "--adapter", adapter));
    String[] byHand = with(columns, "--adapter", adapter, "--separator", "then");
    assertEquals(own, ModelCommands.evaluate(model, pairs, byHand));
    byHand[byHand.length - 1] = "\n";
    assertNotEquals(own, ModelCommands.evaluate(model, pairs, byHand));
    assertTrue(written("--adapter", adapter).startsWith("The sunthen"));
    assertTrue(written("--adapter", adapter, "--separator", " ").startsWith("The sun "));
    assertTrue(written("--adapter", plain.toString()).startsWith("The sun\n"));
    assertFalse(written("--adapter", bare.toString()).startsWith("The sun\n"));
    // Who goes on from it goes on in it.
    Path further = work.resolve("further-pairs");
    ModelCommands.finetune(model, pairs, further, with(columns, "--adapter", adapter)).succeeded();
    assertEquals(frame(arrow), frame(further));
    assertTrue(
        Files.readString(further.resolve("settings.json")).contains("\"separator\" : \"then\""));
  }

  private static String written(String... more) {
    return ModelCommands.generate(model, "The sun", more).get("text").asText();
  }

  @Test
  void isTheSameWhenARunGoesOn() {
    for (String[] privacy : new String[][] {{"--epsilon", "8"}, {"--no-privacy"}}) {
      Path run = work.resolve("resumed" + privacy.length);
      finetune(run, with(privacy, "--end", "off")).succeeded();
      finetune(run, with(privacy, "--resume")).refused("end = off", "by default");
      finetune(run, with(privacy, "--resume", "--end", "off", "--begin", "off"))
          .refused("begin = null", "off");
      finetune(run, with(privacy, "--resume", "--end", "off", "--begin", "on")).succeeded();
    }
  }

  private static String[] with(String[] first, String... more) {
    return Stream.of(first, more).flatMap(Arrays::stream).toArray(String[]::new);
  }

  @Test
  void aDamagedFileIsRefusedByAll() throws IOException {
    Path damaged = PretrainedModel.copy(bare, work.resolve("damaged"));
    Files.writeString(damaged.resolve("sotto.json"), "{\"frame\": {\"begin\": 1}}");
    for (String command : List.of("evaluate --data " + data, "generate --prompt The")) {
      CommandRun.of((command + " --model " + model + " --adapter " + damaged).split(" "))
          .refused("sotto.json: key 'frame.begin' is 1", "true or false");
    }
    Path output = work.resolve("never");
    finetune(output, "--adapter", damaged.toString()).refused("sotto.json");
    assertFalse(Files.exists(output));
  }
}
