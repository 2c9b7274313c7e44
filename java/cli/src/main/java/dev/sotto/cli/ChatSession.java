package dev.sotto.cli;

import dev.sotto.base.InputException;
import dev.sotto.chat.ChatTemplate;
import dev.sotto.data.Conversation;
import dev.sotto.model.Generator;
import dev.sotto.model.Sampling;
import dev.sotto.template.TemplateException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code sotto generate --chat}: a conversation, a line of input each turn. */
final class ChatSession {
  private static final String RESET = "/reset";

  private final LoadedModel loaded;
  private final ChatTemplate template;
  private final Optional<String> system;
  private final Writing writing;
  private final Console console;
  private final List<Map<String, Object>> said = new ArrayList<>();
  private Conversation conversation;
  private int newTokens;

  /**
   * How an answer is written.
   *
   * @param maxNewTokens of one answer
   * @param sampling how its tokens are chosen
   * @param seed of the choice, the same in every turn
   */
  record Writing(int maxNewTokens, Sampling sampling, long seed) {}

  ChatSession(
      LoadedModel loaded,
      ChatTemplate template,
      Optional<String> system,
      Writing writing,
      Console console) {
    this.loaded = loaded;
    this.template = template;
    this.system = system;
    this.writing = writing;
    this.console = console;
  }

  /** Reads turns and answers them until the input ends. */
  void run() {
    begin();
    console.prompt();
    for (Optional<String> line = console.read(); line.isPresent(); line = console.read()) {
      String turn = line.get().strip();
      if (turn.equals(RESET)) {
        begin();
      } else if (!turn.isEmpty()) {
        answer(turn);
      }
      console.prompt();
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("messages", said);
    fields.put("new_tokens", newTokens);
    console.result(fields);
  }

  private void begin() {
    conversation = new Conversation(List.of(), null, "this conversation");
    system.ifPresent(text -> say("system", text));
  }

  private void say(String role, String text) {
    Conversation.Message message = Conversation.Message.of(role, text);
    conversation = conversation.and(message);
    said.add(message.fields());
  }

  private void answer(String turn) {
    say("user", turn);
    int[] ids;
    try {
      ids = loaded.tokenizer().encode(template.prompt(conversation));
    } catch (TemplateException e) {
      throw new InputException(
          "the chat template does not take this conversation: "
              + e.getMessage()
              + "; say it otherwise, or give another template by --chat-template FILE");
    }
    int[] added =
        new Generator(loaded.model(), loaded.lora())
            .generate(
                ids,
                writing.maxNewTokens(),
                writing.sampling(),
                loaded.tokenizer().endIds(),
                writing.seed());
    newTokens += added.length;
    String answer = loaded.tokenizer().decode(added, true);
    say(Conversation.ASSISTANT, answer);
    console.line(answer);
  }
}
