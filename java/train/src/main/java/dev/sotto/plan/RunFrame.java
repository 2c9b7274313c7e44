package dev.sotto.plan;

import dev.sotto.data.Frame;
import dev.sotto.data.Framing;
import dev.sotto.task.AdapterNotes;
import dev.sotto.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a run frames its texts, and what {@code settings.json} says of it.
 *
 * @param frame around every text, public or private
 * @param settings the switches that are not as they were in runs begun before there was a choice,
 *     which framed with the tokens that the tokenizer names; so that those can be resumed, and a
 *     run never goes on in another frame
 */
record RunFrame(Frame frame, Map<String, String> settings) {
  /**
   * As chosen by hand, else as the adapter that the run goes on from was trained, else as the
   * tokenizer has it.
   */
  static RunFrame of(FinetuneOptions options, Tokenizer tokenizer) {
    Framing chosen = options.data().framing();
    Framing saved =
        options.adapter() == null
            ? Framing.OF_THE_TOKENIZER
            : AdapterNotes.read(options.adapter()).framing();
    Frame frame = Frame.of(chosen.or(saved), tokenizer);
    Map<String, String> settings = new LinkedHashMap<>();
    if (!Arrays.equals(frame.begin(), tokenizer.bosId().stream().toArray())) {
      settings.put(DataOptions.BEGIN.key(), DataOptions.word(frame.framing().begin()));
    }
    if (!Arrays.equals(frame.end(), tokenizer.eosId().stream().toArray())) {
      settings.put(DataOptions.END.key(), DataOptions.word(frame.framing().end()));
    }
    return new RunFrame(frame, settings);
  }
}
