package dev.sotto.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConversationRecordsTest {
  private static final DataColumns COLUMNS = DataColumns.text("text");

  @TempDir Path dir;

  private List<TextRecord> read(RecordLayout layout, String name, String content, boolean quote)
      throws IOException {
    Path file = Files.writeString(dir.resolve(name), content);
    RecordOptions options =
        new RecordOptions(TextSplit.LINE, quote).withLayout(Optional.of(layout));
    return RecordFiles.read(file, COLUMNS.withUnit(quote ? null : "id"), options);
  }

  private Conversation one(RecordLayout layout, String record) throws IOException {
    return read(layout, "one.jsonl", record, true).get(0).conversation().orElseThrow();
  }

  private static List<Map<String, Object>> fields(Conversation conversation) {
    return conversation.messages().stream().map(Conversation.Message::fields).toList();
  }

  @Test
  void everyLayoutGivesTheSameTurns() throws IOException {
    List<Map<String, Object>> turns =
        List.of(
            Map.of("role", "user", "content", "Is it\ncheap?"),
            Map.of("role", "assistant", "content", "No."));
    for (Map.Entry<RecordLayout, String> each :
        Map.of(
                RecordLayout.MESSAGES,
                "{'messages': [{'role': 'user', 'content': 'Is it\\ncheap?'},"
                    + " {'role': 'assistant', 'content': 'No.'}]}",
                RecordLayout.PROMPT_COMPLETION,
                "{'prompt': 'Is it\\ncheap?', 'completion': 'No.'}",
                RecordLayout.INSTRUCTION,
                "{'instruction': 'Is it', 'input': 'cheap?', 'output': 'No.'}",
                RecordLayout.SHAREGPT,
                "{'conversations': [{'from': 'human', 'value': 'Is it\\ncheap?'},"
                    + " {'from': 'gpt', 'value': 'No.'}]}")
            .entrySet()) {
      Conversation read = one(each.getKey(), each.getValue().replace('\'', '"'));
      assertEquals(turns, fields(read), each.getKey().toString());
      assertTrue(read.messages().stream().allMatch(Conversation.Message::learned));
    }
  }

  @Test
  void anInputMayBeMissing() throws IOException {
    for (String input : List.of("", "\"input\": \"\", ", "\"input\": null, ")) {
      String record = "{\"instruction\": \"Go\", " + input + "\"output\": \"Done\"}";
      assertEquals("Go", fields(one(RecordLayout.INSTRUCTION, record)).get(0).get("content"));
    }
  }

  @Test
  void weightsToolsAndFurtherFieldsAreKept() throws IOException {
    Conversation read =
        one(
            RecordLayout.MESSAGES,
            """
            {"messages": [{"role": "assistant", "content": "a", "weight": 0}, \
            {"role": "assistant", "content": null, "tool_calls": [{"n": 1.5, "k": true}], "weight": 1}], \
            "tools": [{"name": "f"}]}
            """);
    assertEquals(
        List.of(false, true), read.messages().stream().map(Conversation.Message::learned).toList());
    assertFalse(read.messages().get(0).fields().containsKey("weight"));
    assertEquals(
        List.of(Map.of("n", 1.5, "k", true)), read.messages().get(1).fields().get("tool_calls"));
    assertEquals(List.of(Map.of("name", "f")), read.tools());
  }

  @Test
  void unitsAreReadBesideTheMessagesAndArraysLikeLines() throws IOException {
    List<TextRecord> records =
        read(
            RecordLayout.PROMPT_COMPLETION,
            "two.json",
            "[{\"id\": 7, \"prompt\": \"a\", \"completion\": \"b\"},\n"
                + "{\"id\": \"8\", \"prompt\": \"a\", \"completion\": \"b\"}]",
            false);
    assertEquals(List.of("7", "8"), records.stream().map(TextRecord::unit).toList());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "MESSAGES | {'id': '1'} | has no field 'messages'",
        "MESSAGES | {'id': '1', 'messages': 'SECRET'} | 'messages' is not a list",
        "MESSAGES | {'id': '1', 'messages': ['SECRET']} | message 1: is no object",
        "MESSAGES | {'id': '1', 'messages': [{'content': 'SECRET'}]} | message 1: has no field"
            + " 'role'",
        "MESSAGES | {'id': '1', 'messages': [{'role': 'SECRET', 'content': 'a'}]} | 'role' is none"
            + " of assistant, developer",
        "MESSAGES | {'id': '1', 'messages': [{'role': 'user'}]} | message 1: has no field"
            + " 'content'",
        "MESSAGES | {'id': '1', 'messages': [{'role': 'user', 'content': 5}]} | neither a string nor",
        "MESSAGES | {'id': '1', 'messages': [{'role': 'user', 'content': 'SECRET', 'weight': 0.5}]}"
            + " | 'weight' is neither 0 nor 1",
        "MESSAGES | {'id': '1', 'messages': [], 'tools': 'SECRET'} | 'tools' is not a list",
        "MESSAGES | {'id': '1', 'messages': [{'role': 'user', 'content': '\\ud83d'}]} | surrogate",
        "SHAREGPT | {'id': '1', 'conversations': [{'from': 'SECRET', 'value': 'a'}]} | 'from' is"
            + " none of assistant, gpt, human",
        "SHAREGPT | {'id': '1', 'conversations': [{'from': 'gpt', 'value': 7}]} | 'value' is not a"
            + " string",
        "PROMPT_COMPLETION | {'id': '1', 'prompt': 'SECRET'} | has no field 'completion'",
        "INSTRUCTION | {'id': '1', 'instruction': 'SECRET', 'input': 3, 'output': 'b'} | 'input' is"
            + " not a string",
        "INSTRUCTION | ['SECRET'] | is no object",
      })
  void faultsAreNamedByLineWithoutTheirContent(RecordLayout layout, String record, String words) {
    String line = record.replace('\'', '"');
    InputException refused =
        assertThrows(
            InputException.class, () -> read(layout, "bad.jsonl", "\n" + line + "\n", false));
    String message = refused.getMessage();
    assertTrue(message.contains("bad.jsonl: line 2: "), message);
    assertTrue(message.contains(words), message);
    assertFalse(message.contains("SECRET"), message);
    assertEquals(1, message.lines().count());
  }

  @Test
  void tablesAndTextHoldNoConversations() {
    for (String name : List.of("a.csv", "a.tsv.gz", "a.txt")) {
      InputException refused =
          assertThrows(
              InputException.class, () -> read(RecordLayout.MESSAGES, name, "text\n", true));
      assertTrue(refused.getMessage().contains("no conversations by its name"));
    }
  }
}
