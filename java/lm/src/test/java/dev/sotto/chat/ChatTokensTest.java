package dev.sotto.chat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.data.Conversation;
import dev.sotto.data.Conversation.Message;
import dev.sotto.data.RecordTokens;
import dev.sotto.data.SharedFiles;
import dev.sotto.data.TextRecord;
import dev.sotto.tokenizer.Tokenizer;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Masks of tokens by a real chat model's own tokenizer and template. */
class ChatTokensTest {
  private static final String MODEL =
      "data/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf";
  private static final LocalDateTime NOON = LocalDateTime.of(2026, 7, 26, 12, 0);
  private static final Message ASKED = Message.of("user", "What is naïve, 😀?");
  private static final Message ANSWERED = Message.of("assistant", "Ça: 日本語 👩‍👩‍👧\n\n ok ");

  private static Tokenizer tokenizer;

  @BeforeAll
  static void open() {
    tokenizer = Tokenizer.open(SharedFiles.require(MODEL), 49_152);
  }

  @AfterAll
  static void close() {
    if (tokenizer != null) {
      tokenizer.close();
    }
  }

  private static RecordTokens tokens(String template, boolean showValues) {
    return new ChatTokens(
        ChatTemplate.of(new ChatForm(template, NOON), tokenizer), tokenizer, showValues);
  }

  private static TextRecord record(Message... messages) {
    return TextRecord.of(new Conversation(List.of(messages), null, "chats.jsonl: line 3"), null);
  }

  private static String learned(RecordTokens.Tokens tokens) {
    return tokenizer.decode(
        IntStream.range(0, tokens.ids().length)
            .filter(i -> tokens.learned()[i])
            .map(i -> tokens.ids()[i])
            .toArray());
  }

  @Test
  void theAssistantsTurnsAndTheirEndMarksAreLearned() {
    RecordTokens own = tokens(tokenizer.chatTemplate().orElseThrow(), false);
    RecordTokens.Tokens tokens = own.of(record(ASKED, ANSWERED, ASKED, ANSWERED));
    String answer = ANSWERED.fields().get("content") + "<|im_end|>\n";
    assertEquals(answer + answer, learned(tokens));
    String text = tokenizer.decode(tokens.ids());
    assertTrue(text.startsWith("<|im_start|>system\nYou are a helpful AI assistant"), text);
    assertArrayEquals(tokenizer.encode(text), tokens.ids());
    Message left = new Message(ANSWERED.fields(), false);
    assertEquals(answer, learned(own.of(record(ASKED, left, ASKED, ANSWERED))));
    assertEquals("", learned(own.of(record(ASKED, left))));
    assertEquals("", learned(own.of(record(ASKED))));
    assertEquals(0, own.of(record()).ids().length);
  }

  @Test
  void aTurnThatLaterOnesChangeIsItsContentAndItsEndMark() {
    RecordTokens dated =
        tokens(
            "{% for m in messages %}{{ m.content }}<|im_end|>"
                + "{% if loop.last %}{{ strftime_now('%H') }}{% endif %}{% endfor %}",
            false);
    RecordTokens.Tokens tokens = dated.of(record(ASKED, Message.of("assistant", "Yes."), ASKED));
    assertEquals("Yes.<|im_end|>", learned(tokens));
    assertTrue(tokenizer.decode(tokens.ids()).endsWith("<|im_end|>12"));
  }

  @Test
  void marksOfTheTemplateCountWhereItHasThem() {
    RecordTokens marked =
        tokens(
            "{% for m in messages %}{% if m.role == 'assistant' %}A {% generation %}"
                + "{{ m.content }}{% endgeneration %} B{% else %}{{ m.content }}{% endif %}"
                + "{% endfor %}",
            false);
    Message yes = Message.of("assistant", "|Yes|");
    Message no = new Message(Message.of("assistant", "|No|").fields(), false);
    // The blank before the mark and the bar behind it are one token.
    assertEquals(" |Yes|", learned(marked.of(record(ASKED, no, ASKED, yes))));
    RecordTokens halves =
        tokens(
            "{% for m in messages %}{% for half in [1, 2] %}{% generation %}{{ half }}"
                + "{% endgeneration %}{% endfor %}{% endfor %}",
            false);
    InputException refused =
        assertThrows(InputException.class, () -> halves.of(record(ASKED, no, yes)));
    assertTrue(refused.getMessage().contains("line 3: the chat template does not mark every"));
  }

  @Test
  void whatIsRefusedIsNamedByLinesAndKind() {
    List<String> messages = new ArrayList<>();
    for (String template :
        List.of(
            "\n{{ raise_exception(messages[0].content) }}",
            "\n{{ messages[0].content + 1 }}",
            "\n{% for i in range(messages[0].content | length * 99999) %}{% endfor %}",
            "{{ messages[-1].role + messages | length | string }}")) {
      InputException refused =
          assertThrows(
              InputException.class, () -> tokens(template, false).of(record(ASKED, ANSWERED)));
      messages.add(refused.getMessage());
      assertTrue(refused.getMessage().startsWith("chats.jsonl: line 3: "), refused.getMessage());
      assertFalse(refused.getMessage().contains("naïve"), refused.getMessage());
    }
    assertTrue(messages.get(0).contains("kind raised, line 2 of the template"), messages.get(0));
    assertTrue(messages.get(1).contains("kind evaluation, line 2 of"), messages.get(1));
    assertTrue(messages.get(2).contains("kind limit, line 2 of"), messages.get(2));
    assertTrue(messages.get(3).contains("message 2 cannot be found"), messages.get(3));
    InputException shown =
        assertThrows(
            InputException.class,
            () ->
                tokens("{{ raise_exception(messages[0].content) }}", true)
                    .of(record(ASKED, ANSWERED)));
    assertTrue(shown.getMessage().contains("naïve"), shown.getMessage());
  }

  @Test
  void aBrokenTemplateIsRefusedByItsLine() {
    InputException refused =
        assertThrows(InputException.class, () -> tokens("{% for m in messages %}\n{{ m", false));
    assertTrue(
        refused.getMessage().startsWith("the chat template cannot be used: line 2 of the template"),
        refused.getMessage());
  }
}
