package dev.sotto.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.JsonFields;
import java.time.LocalDateTime;
import java.time.format.DateTimeParseException;

/**
 * By what conversations become text: public, and saved beside the adapter that was trained with it,
 * so that it is evaluated and talked to in the same form.
 *
 * @param template source of the Jinja template
 * @param clock what a template that asks is told the time is, for as long as the adapter lives
 */
public record ChatForm(String template, LocalDateTime clock) {
  private static final String TEMPLATE = "template";
  private static final String CLOCK = "clock";

  /** Reads what {@link #into} wrote. */
  public static ChatForm of(JsonFields chat) {
    String clock = chat.text(CLOCK);
    ChatForm form;
    try {
      form = new ChatForm(chat.text(TEMPLATE), LocalDateTime.parse(clock));
    } catch (DateTimeParseException e) {
      throw chat.wrong(CLOCK, clock, "it must be a time such as 2026-07-26T09:05");
    }
    chat.refuseUnknown();
    return form;
  }

  /** Writes template and clock. */
  public void into(ObjectNode chat) {
    chat.put(TEMPLATE, template).put(CLOCK, clock.toString());
  }
}
