package dev.sotto.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.Json;
import dev.sotto.gguf.Metadata;
import java.util.List;

/**
 * What splits a text before byte-level BPE, by {@code tokenizer.ggml.pre}: the models' own
 * tokenizers, which HuggingFace's files spell out and llama.cpp knows by name.
 */
final class GgufPreTokenizers {
  /** Bytes as printable characters, and back. */
  static final ObjectNode BYTE_LEVEL = byteLevel(true);

  private static final List<String> LLAMA3 = List.of("llama-bpe", "llama3", "llama-v3");

  /** OpenAI's cl100k_base without its case-insensitive group; {@code %s} is a run of digits. */
  private static final String WORDS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|%s|"
          + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private GgufPreTokenizers() {}

  static boolean isLlama3(String name) {
    return LLAMA3.contains(name);
  }

  /** What changes the text before; null for nothing. */
  static ObjectNode normalizer(String name) {
    return name.equals("qwen2") ? Json.object().put("type", "NFC") : null;
  }

  /**
   * The pre-tokenizer.
   *
   * @throws dev.sotto.base.InputException if the name is not known
   */
  static ObjectNode of(Metadata metadata, String name) {
    if (isLlama3(name)) {
      return sequence(split("\\p{N}{1,3}"), byteLevel(false));
    }
    return switch (name) {
      case "gpt-2" -> byteLevel(true);
      case "smollm" ->
          sequence(
              Json.object().put("type", "Digits").put("individual_digits", true), byteLevel(true));
      case "qwen2" -> sequence(split("\\p{N}"), byteLevel(false));
      default ->
          throw metadata.wrong(
              "tokenizer.ggml.pre",
              "is '"
                  + name
                  + "', which is not supported; gpt-2, smollm, qwen2 and llama-bpe are: bring the"
                  + " model as a HuggingFace directory");
    };
  }

  private static ObjectNode sequence(ObjectNode first, ObjectNode second) {
    ObjectNode sequence = Json.object().put("type", "Sequence");
    sequence.putArray("pretokenizers").add(first).add(second);
    return sequence;
  }

  private static ObjectNode split(String digits) {
    ObjectNode split = Json.object().put("type", "Split");
    split.putObject("pattern").put("Regex", String.format(WORDS, digits));
    return split.put("behavior", "Isolated").put("invert", false);
  }

  private static ObjectNode byteLevel(boolean words) {
    return Json.object()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", words);
  }
}
