package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.base.PlainFile;
import dev.sotto.chat.ChatForm;
import dev.sotto.data.RecordLayout;
import dev.sotto.settings.Kept;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import dev.sotto.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Records that are conversations, and by what they become text. */
public final class ChatOptions {
  /** How a conversation stands in a JSON object. */
  public static final Setting<RecordLayout> RECORD_LAYOUT =
      Setting.choice(
              "record-layout",
              "KIND",
              RecordLayout.class,
              "records are conversations, one JSON object each, of which the assistant's turns are"
                  + " learned: messages, prompt-completion, instruction or sharegpt")
          .kept(Kept.EQUAL_ON_RESUME)
          .insteadOf(
              DataOptions.TEXT_COLUMN,
              DataOptions.PROMPT_COLUMN,
              DataOptions.COMPLETION_COLUMN,
              DataOptions.TEXT_SPLIT,
              DataOptions.QUOTING,
              DataOptions.SEPARATOR,
              DataOptions.BEGIN,
              DataOptions.END,
              DataOptions.TEXT_PAIR_COLUMN,
              DataOptions.LABEL_COLUMN);

  /** A template in the place of the model's own. */
  public static final Setting<Path> CHAT_TEMPLATE =
      Setting.path(
          "chat-template",
          "FILE",
          "Jinja template by which conversations become text; default: as the adapter was trained,"
              + " else the model's own");

  /** The clock of templates that tell the date. */
  public static final Setting<String> CHAT_CLOCK =
      Setting.text(
          "chat-clock",
          "TIME",
          "what the template is told the time is, such as 2026-07-26T09:05; default: as the adapter"
              + " was trained, else when the command began");

  /** All of them. */
  public static final Section SECTION =
      Section.of("Conversations", RECORD_LAYOUT, CHAT_TEMPLATE, CHAT_CLOCK);

  private ChatOptions() {}

  /**
   * How conversations stand in the records; empty where these are none.
   *
   * @throws InputException if columns of texts are named beside
   */
  public static Optional<RecordLayout> layout(Values values) {
    values.requireWith(CHAT_TEMPLATE, RECORD_LAYOUT);
    values.requireWith(CHAT_CLOCK, RECORD_LAYOUT);
    List<Setting<?>> beside = new ArrayList<>(DataOptions.SECTION.settings());
    beside.addAll(List.of(DataOptions.TEXT_PAIR_COLUMN, DataOptions.LABEL_COLUMN, RECORD_LAYOUT));
    values.refuseAlternatives(beside);
    return values.find(RECORD_LAYOUT);
  }

  /**
   * By what conversations become text: as chosen by hand, else as saved, else as the model has it.
   *
   * @param saved of an adapter
   * @param began the time where no other is chosen or saved
   * @throws InputException if the model has no template and none is given, or a clock tells no time
   */
  public static ChatForm form(
      Values values, Tokenizer tokenizer, Optional<ChatForm> saved, Supplier<LocalDateTime> began) {
    String template =
        values
            .find(CHAT_TEMPLATE)
            .map(PlainFile::text)
            .or(() -> saved.map(ChatForm::template))
            .or(tokenizer::chatTemplate)
            .orElseThrow(
                () ->
                    new InputException(
                        "the model has no chat template; give one by "
                            + CHAT_TEMPLATE
                            + " FILE, or another model"));
    LocalDateTime clock =
        values
            .find(CHAT_CLOCK)
            .map(time -> clock(values.named(CHAT_CLOCK), time))
            .or(() -> saved.map(ChatForm::clock))
            .orElseGet(began);
    return new ChatForm(template, clock);
  }

  /**
   * Reads a clock.
   *
   * @param named where it stands, for messages
   */
  static LocalDateTime clock(String named, String time) {
    try {
      return LocalDateTime.parse(time);
    } catch (DateTimeParseException e) {
      throw new InputException(
          named
              + " '"
              + time
              + "' is not a time; give one, for example "
              + CHAT_CLOCK
              + " 2026-07-26T09:05");
    }
  }

  /** Now, to the second. */
  public static LocalDateTime now() {
    return LocalDateTime.now().truncatedTo(ChronoUnit.SECONDS);
  }
}
