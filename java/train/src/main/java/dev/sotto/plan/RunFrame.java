package dev.sotto.plan;

import dev.sotto.base.Sha256;
import dev.sotto.chat.ChatForm;
import dev.sotto.data.Frame;
import dev.sotto.data.Framing;
import dev.sotto.task.AdapterNotes;
import dev.sotto.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How a run frames its texts or writes its conversations, and what {@code settings.json} says of
 * it.
 *
 * @param frame around every text, public or private
 * @param settings the switches that are not as they were in runs begun before there was a choice,
 *     which framed with the tokens that the tokenizer names; so that those can be resumed, and a
 *     run never goes on in another frame
 * @param chat by what conversations become text; empty where records are none
 */
record RunFrame(Frame frame, Map<String, String> settings, Optional<ChatForm> chat) {
  private static final String TEMPLATE = "chat_template";

  /** Between prompt and completion; where records have no prompt, what would stand there. */
  String separator(DataOptions data) {
    return frame.separator().orElse(data.separator());
  }

  /** What is saved of a form. */
  static Map<String, String> settings(ChatForm form) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(TEMPLATE, Sha256.hex(form.template().getBytes(StandardCharsets.UTF_8)));
    settings.put(ChatOptions.CHAT_CLOCK.key(), form.clock().toString());
    return settings;
  }

  /**
   * As chosen by hand, else as the adapter that the run goes on from was trained, else as the
   * tokenizer has it. A chat template frames by itself, and a resumed run keeps the clock that it
   * was begun with.
   */
  static RunFrame of(FinetuneOptions options, Tokenizer tokenizer, RunDirectory directory) {
    AdapterNotes saved = options.adapter().map(AdapterNotes::read).orElse(AdapterNotes.NONE);
    if (options.data().reading().layout().isPresent()) {
      ChatForm form =
          ChatOptions.form(
              options.values(),
              tokenizer,
              saved.chat(),
              () ->
                  options.resume()
                      ? directory
                          .saved(ChatOptions.CHAT_CLOCK)
                          .map(time -> ChatOptions.clock(directory.path() + ": chat_clock", time))
                          .orElseGet(ChatOptions::now)
                      : ChatOptions.now());
      return new RunFrame(Frame.NONE, settings(form), Optional.of(form));
    }
    Framing framing = options.data().framing().or(saved.framing());
    Optional<String> separator =
        options.data().columns().prompt() == null
            ? Optional.empty()
            : framing.separator().or(() -> Optional.of(options.data().separator()));
    Frame frame = Frame.of(framing.withSeparator(separator), tokenizer);
    Map<String, String> settings = new LinkedHashMap<>();
    if (!Arrays.equals(frame.begin(), tokenizer.bosId().stream().toArray())) {
      settings.put(DataOptions.BEGIN.key(), DataOptions.word(frame.framing().begin()));
    }
    if (!Arrays.equals(frame.end(), tokenizer.eosId().stream().toArray())) {
      settings.put(DataOptions.END.key(), DataOptions.word(frame.framing().end()));
    }
    return new RunFrame(frame, settings, Optional.empty());
  }
}
