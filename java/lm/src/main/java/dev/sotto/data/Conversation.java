package dev.sotto.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A conversation as a chat template sees it. Private where its record is.
 *
 * @param messages the turns in order; none where there is nothing to learn
 * @param tools what the assistant could call: maps, lists, texts, numbers; null for none
 * @param place file and line, for messages of errors
 */
public record Conversation(List<Message> messages, Object tools, String place) {
  /** Who answers, and is learned from. */
  public static final String ASSISTANT = "assistant";

  /** Makes the list immutable. */
  public Conversation {
    messages = List.copyOf(messages);
  }

  /** The same turns with one more. */
  public Conversation and(Message next) {
    List<Message> more = new ArrayList<>(messages);
    more.add(next);
    return new Conversation(more, tools, place);
  }

  /**
   * One turn. Private.
   *
   * @param fields what the template sees, {@code role} and {@code content} among them, in the
   *     record's order: texts, numbers, booleans, null, lists and maps of such
   * @param learned whether an assistant's turn is to be learned; without meaning for others
   */
  public record Message(Map<String, Object> fields, boolean learned) {
    /** Makes the map immutable, apart from lists and maps in it. */
    public Message {
      fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** A turn that is learned if it is the assistant's. */
    public static Message of(String role, String content) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("role", role);
      fields.put("content", content);
      return new Message(fields, true);
    }

    /** Whether it is an assistant's turn. */
    public boolean isAssistants() {
      return ASSISTANT.equals(fields.get("role"));
    }

    /** The same turn with another text. */
    public Message withContent(String text) {
      Map<String, Object> other = new LinkedHashMap<>(fields);
      other.put("content", text);
      return new Message(other, learned);
    }

    /** Says nothing of the content, so that no log or message can. */
    @Override
    public String toString() {
      return "Message[private]";
    }
  }

  /** Says nothing of the content, so that no log or message can. */
  @Override
  public String toString() {
    return "Conversation[private]";
  }
}
