package dev.sotto.data;

/**
 * How a conversation stands in a JSON object. The layout is chosen, never told from what a record
 * holds. In a list of messages one may have a {@code weight}: 0 is for one that is not learned.
 */
public enum RecordLayout {
  /**
   * {@code {"messages": [{"role": "user", "content": "…"}, …]}}, as OpenAI and HuggingFace have it.
   * Further fields of a message reach the chat template, and so do the record's {@code tools}.
   */
  MESSAGES,
  /** {@code {"prompt": "…", "completion": "…"}}: a user's turn and the assistant's. */
  PROMPT_COMPLETION,
  /**
   * {@code {"instruction": "…", "input": "…", "output": "…"}}, as Alpaca has it: a user's turn of
   * the instruction and, on a line of its own, the input if there is one; and the assistant's.
   */
  INSTRUCTION,
  /** {@code {"conversations": [{"from": "human", "value": "…"}, …]}}, as ShareGPT has it. */
  SHAREGPT
}
