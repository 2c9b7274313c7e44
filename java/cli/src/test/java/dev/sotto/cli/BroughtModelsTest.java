package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model directory as other tools leave it, without some of what is usual. */
class BroughtModelsTest {
  @TempDir static Path work;

  @Test
  void aTokenizerWithoutABeginningServesEveryCommand() throws IOException {
    Path model = PretrainedModel.copy(PretrainedModel.in(work), work.resolve("nobos"));
    Path config = model.resolve("config.json");
    String text = Files.readString(config);
    String without = text.replaceFirst("\"bos_token_id\" : \\d+,", "");
    assertFalse(text.equals(without));
    Files.writeString(config, without);
    Files.writeString(model.resolve("tokenizer_config.json"), "{\"eos_token\": \"</s>\"}");
    ModelCommands.beginWithNothing(model);
    ModelCommands.trainsEvaluatesGenerates(model, PretrainedModel.notes(work));
  }
}
