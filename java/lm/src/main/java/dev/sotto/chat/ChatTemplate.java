package dev.sotto.chat;

import dev.sotto.base.InputException;
import dev.sotto.data.Conversation;
import dev.sotto.template.Rendered;
import dev.sotto.template.Template;
import dev.sotto.template.TemplateException;
import dev.sotto.tokenizer.Tokenizer;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model's chat template with all that it sees beside the conversation. It is given what
 * transformers 5 gives it: {@code messages} without fields that are null, {@code tools}, {@code
 * documents} (none), {@code add_generation_prompt} and the special tokens.
 *
 * <pre>{@code
 * ChatTemplate template = ChatTemplate.of(new ChatForm(source, LocalDateTime.now()), tokenizer);
 * String prompt = template.prompt(conversation);
 * ChatText learned = template.text(conversation);
 * }</pre>
 */
public final class ChatTemplate {
  /** Names under which templates look for what a model thought before it answered. */
  private static final List<String> REASONING =
      List.of("reasoning_content", "thinking", "reasoning");

  private final Template template;
  private final Map<String, String> specialTokens;
  private final List<String> endMarks;
  private final LocalDateTime clock;

  /**
   * @param specialTokens by their names in the template, such as {@code eos_token}
   * @param endMarks texts of the tokens any of which ends a turn
   */
  ChatTemplate(
      Template template,
      Map<String, String> specialTokens,
      List<String> endMarks,
      LocalDateTime clock) {
    this.template = template;
    this.specialTokens = Map.copyOf(specialTokens);
    this.endMarks = List.copyOf(endMarks);
    this.clock = clock;
  }

  /**
   * Of a model.
   *
   * @throws InputException if the template is not well formed, by its line
   */
  public static ChatTemplate of(ChatForm form, Tokenizer tokenizer) {
    try {
      return new ChatTemplate(
          Template.parse(form.template()),
          tokenizer.specialTokens(),
          tokenizer.endIds().stream().map(id -> tokenizer.decode(new int[] {id})).toList(),
          form.clock());
    } catch (TemplateException e) {
      throw new InputException(
          "the chat template cannot be used: "
              + e.getMessage()
              + "; repair it, or give another by --chat-template FILE");
    }
  }

  /**
   * What the model goes on from with the assistant's next turn.
   *
   * @throws TemplateException if the template fails on the conversation; its words may quote it
   */
  public String prompt(Conversation conversation) {
    return render(conversation, conversation.messages(), true).text();
  }

  /**
   * A whole conversation, and where the turns stand in it that are learned.
   *
   * @throws TemplateException if the template fails on the conversation; its words may quote it
   * @throws InputException if a turn cannot be found in the text, by the record's place
   */
  public ChatText text(Conversation conversation) {
    return text(conversation, false);
  }

  /** The same, if wanted with what makes the model answer behind it. */
  ChatText text(Conversation conversation, boolean generationPrompt) {
    Rendered whole = render(conversation, conversation.messages(), generationPrompt);
    return new ChatText(
        whole.text(),
        new LearnedTurns(this, conversation, generationPrompt, whole, endMarks).spans());
  }

  Rendered render(
      Conversation conversation, List<Conversation.Message> messages, boolean generationPrompt) {
    Map<String, Object> values = new HashMap<>(specialTokens);
    values.put("messages", messages.stream().map(ChatTemplate::fields).toList());
    values.put("tools", conversation.tools());
    values.put("documents", null);
    values.put("add_generation_prompt", generationPrompt);
    return template.render(values, clock);
  }

  private static Map<String, Object> fields(Conversation.Message message) {
    Map<String, Object> fields = new LinkedHashMap<>(message.fields());
    fields.values().removeIf(value -> value == null);
    REASONING.stream()
        .filter(fields::containsKey)
        .findFirst()
        .map(fields::get)
        .ifPresent(thought -> REASONING.forEach(name -> fields.putIfAbsent(name, thought)));
    return fields;
  }
}
