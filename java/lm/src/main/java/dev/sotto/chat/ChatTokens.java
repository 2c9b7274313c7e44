package dev.sotto.chat;

import dev.sotto.base.InputException;
import dev.sotto.data.Conversation;
import dev.sotto.data.RecordTokens;
import dev.sotto.data.TextRecord;
import dev.sotto.template.Rendered;
import dev.sotto.template.TemplateException;
import dev.sotto.tokenizer.LocatedTokens;
import dev.sotto.tokenizer.Tokenizer;

/**
 * Conversations as tokens: the whole text as the template writes it, special tokens in it
 * recognised and none put around it. A token is learned if a character of it is, as in
 * HuggingFace's assistant mask.
 *
 * @param template by which they become text
 * @param tokenizer the model's
 * @param showValues whether messages may say what the template says of a record it refuses
 */
public record ChatTokens(ChatTemplate template, Tokenizer tokenizer, boolean showValues)
    implements RecordTokens {

  @Override
  public Tokens of(TextRecord record) {
    Conversation conversation = record.conversation().orElseThrow();
    if (conversation.messages().isEmpty()) {
      return Tokens.NONE;
    }
    ChatText chat;
    try {
      chat = template.text(conversation);
    } catch (TemplateException e) {
      throw refused(conversation.place(), e);
    }
    LocatedTokens tokens = tokenizer.locate(chat.text());
    boolean[] learned = new boolean[tokens.ids().length];
    for (int i = 0; i < learned.length; i++) {
      int start = tokens.starts()[i];
      int end = tokens.ends()[i];
      learned[i] = chat.learned().stream().anyMatch(span -> overlap(span, start, end));
    }
    return new Tokens(tokens.ids(), learned);
  }

  private static boolean overlap(Rendered.Span span, int start, int end) {
    return start < span.end() && end > span.start();
  }

  /** Without the template's words, which may quote the record, unless that is allowed. */
  private InputException refused(String place, TemplateException e) {
    String what =
        switch (e.kind()) {
          case RAISED -> "is refused by the chat template";
          case LIMIT -> "takes more than the chat template may";
          case EVALUATION, SYNTAX -> "cannot be written by the chat template";
        };
    return new InputException(
        place
            + ": the conversation "
            + what
            + " (kind "
            + e.kind().name().toLowerCase(java.util.Locale.ROOT)
            + ", line "
            + e.line()
            + " of the template); repair the record, or leave it out"
            + (showValues ? " [" + e.getMessage() + "]" : ""));
  }
}
