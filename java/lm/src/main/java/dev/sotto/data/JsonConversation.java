package dev.sotto.data;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.base.InputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the conversation of one JSON object. Messages say which field of which turn is wrong, never
 * what stands there.
 *
 * @param layout how it stands there
 * @param place file and line, for messages
 * @param options whether messages may quote
 */
record JsonConversation(RecordLayout layout, String place, RecordOptions options) {
  private static final String ROLE = "role";
  private static final String CONTENT = "content";
  private static final String WEIGHT = "weight";
  private static final int DEEPEST = 100;

  private static final Set<String> ROLES =
      Set.of(
          "system", "developer", "user", Conversation.ASSISTANT, "tool", "function", "environment");

  /** ShareGPT's names of them, and those that are named alike. */
  private static final Map<String, String> SENDERS =
      Map.of(
          "system",
          "system",
          "human",
          "user",
          "user",
          "user",
          "gpt",
          Conversation.ASSISTANT,
          Conversation.ASSISTANT,
          Conversation.ASSISTANT,
          "tool",
          "tool");

  Conversation of(JsonNode record) {
    return switch (layout) {
      case MESSAGES -> new Conversation(messages(record), tools(record), place);
      case SHAREGPT -> new Conversation(turns(record), null, place);
      case PROMPT_COMPLETION -> pair(text(record, "prompt", ""), text(record, "completion", ""));
      case INSTRUCTION ->
          pair(text(record, "instruction", "") + input(record), text(record, "output", ""));
    };
  }

  private Conversation pair(String asked, String answered) {
    return new Conversation(
        List.of(
            Conversation.Message.of("user", asked),
            Conversation.Message.of(Conversation.ASSISTANT, answered)),
        null,
        place);
  }

  private String input(JsonNode record) {
    JsonNode input = record.path("input");
    String text = input.isMissingNode() || input.isNull() ? "" : text(record, "input", "");
    return text.isEmpty() ? "" : "\n" + text;
  }

  private Object tools(JsonNode record) {
    JsonNode tools = record.path("tools");
    if (tools.isMissingNode() || tools.isNull()) {
      return null;
    }
    if (!tools.isArray()) {
      throw wrong("field 'tools' is not a list; make it one or leave it out", tools);
    }
    return value(tools, 0);
  }

  private List<Conversation.Message> messages(JsonNode record) {
    List<Conversation.Message> messages = new ArrayList<>();
    for (JsonNode one : list(record, "messages")) {
      String at = at(messages.size());
      String role = text(one, ROLE, at);
      if (!ROLES.contains(role)) {
        throw wrong(at + "field 'role' is none of " + listed(ROLES) + "; write one", one);
      }
      JsonNode content = one.path(CONTENT);
      if (!content.isTextual()
          && !content.isNull()
          && !content.isMissingNode()
          && !content.isArray()) {
        throw wrong(at + "field 'content' is neither a string nor a list of parts", content);
      }
      // A turn that only calls a tool has none.
      if (content.isMissingNode() && !one.has("tool_calls")) {
        throw wrong(at + "has no field 'content'; give every message one", one);
      }
      Map<String, Object> fields = fields(one);
      fields.remove(WEIGHT);
      messages.add(new Conversation.Message(fields, learned(one, at)));
    }
    return messages;
  }

  private List<Conversation.Message> turns(JsonNode record) {
    List<Conversation.Message> messages = new ArrayList<>();
    for (JsonNode one : list(record, "conversations")) {
      String at = at(messages.size());
      String role = SENDERS.get(text(one, "from", at));
      if (role == null) {
        throw wrong(
            at + "field 'from' is none of " + listed(SENDERS.keySet()) + "; write one", one);
      }
      Conversation.Message turn = Conversation.Message.of(role, text(one, "value", at));
      messages.add(new Conversation.Message(turn.fields(), learned(one, at)));
    }
    return messages;
  }

  private static String at(int index) {
    return "message " + (index + 1) + ": ";
  }

  private static String listed(Set<String> names) {
    return String.join(", ", names.stream().sorted().toList());
  }

  private JsonNode list(JsonNode record, String name) {
    JsonNode list = record.path(name);
    if (list.isMissingNode()) {
      throw missing(record, name, "");
    }
    if (!list.isArray()) {
      throw wrong("field '" + name + "' is not a list of messages; make it one", list);
    }
    int index = 0;
    for (JsonNode one : list) {
      if (!one.isObject()) {
        throw wrong(at(index) + "is no object; repair the file", one);
      }
      index++;
    }
    return list;
  }

  private boolean learned(JsonNode message, String at) {
    JsonNode weight = message.path(WEIGHT);
    if (weight.isMissingNode() || weight.isNull()) {
      return true;
    }
    if (!weight.isNumber() || weight.asDouble() != 0 && weight.asDouble() != 1) {
      throw wrong(at + "field 'weight' is neither 0 nor 1; write one of them", weight);
    }
    return weight.asDouble() == 1;
  }

  private String text(JsonNode object, String name, String at) {
    JsonNode value = object.path(name);
    if (value.isMissingNode()) {
      throw missing(object, name, at);
    }
    if (!value.isTextual()) {
      throw wrong(at + "field '" + name + "' is not a string; make it one", value);
    }
    return JsonRecords.requireCharacters(value.textValue(), place);
  }

  private InputException missing(JsonNode object, String name, String at) {
    return new InputException(
        place
            + ": "
            + at
            + "has no field '"
            + name
            + "'; give it, or name the layout that the file has (--show-values prints the fields"
            + " of this one)"
            + options.quote(() -> JsonRecords.fieldNames(object)));
  }

  private InputException wrong(String what, JsonNode value) {
    return new InputException(place + ": " + what + options.quote(value::toString));
  }

  private Map<String, Object> fields(JsonNode object) {
    Map<String, Object> fields = new LinkedHashMap<>();
    object.properties().forEach(field -> fields.put(field.getKey(), value(field.getValue(), 0)));
    return fields;
  }

  /** As a template sees it. */
  private Object value(JsonNode node, int depth) {
    if (depth > DEEPEST) {
      throw wrong("values are more than " + DEEPEST + " deep inside each other; repair it", node);
    }
    if (node.isObject()) {
      Map<String, Object> map = new LinkedHashMap<>();
      node.properties()
          .forEach(
              field ->
                  map.put(
                      JsonRecords.requireCharacters(field.getKey(), place),
                      value(field.getValue(), depth + 1)));
      return map;
    }
    if (node.isArray()) {
      List<Object> items = new ArrayList<>();
      node.forEach(item -> items.add(value(item, depth + 1)));
      return items;
    }
    if (node.isTextual()) {
      return JsonRecords.requireCharacters(node.textValue(), place);
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    if (node.isIntegralNumber()) {
      return node.bigIntegerValue();
    }
    return node.isNull() ? null : (Object) node.doubleValue();
  }
}
