package dev.sotto.checkpoint;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * HuggingFace's names of the tensors that a GGUF file holds, and of the architectures. What has no
 * name here keeps its own, so that whoever finds it unused can name it.
 */
final class GgufNames {
  /** {@code model_type} by {@code general.architecture}. */
  static final Map<String, String> ARCHITECTURES =
      Map.of(
          "llama", "llama",
          "qwen2", "qwen2",
          "qwen3", "qwen3",
          "gemma", "gemma",
          "gemma2", "gemma2",
          "gemma3", "gemma3_text");

  private static final Map<String, String> OUTSIDE =
      Map.of(
          "token_embd", "model.embed_tokens",
          "output_norm", "model.norm",
          "output", "lm_head");

  private static final Map<String, String> INSIDE =
      Map.ofEntries(
          Map.entry("attn_norm", "input_layernorm"),
          Map.entry("attn_q", "self_attn.q_proj"),
          Map.entry("attn_k", "self_attn.k_proj"),
          Map.entry("attn_v", "self_attn.v_proj"),
          Map.entry("attn_output", "self_attn.o_proj"),
          Map.entry("attn_q_norm", "self_attn.q_norm"),
          Map.entry("attn_k_norm", "self_attn.k_norm"),
          Map.entry("ffn_norm", "post_attention_layernorm"),
          Map.entry("ffn_gate", "mlp.gate_proj"),
          Map.entry("ffn_up", "mlp.up_proj"),
          Map.entry("ffn_down", "mlp.down_proj"));

  /** Where both ends of a branch are normed, as in Gemma 2. */
  private static final Map<String, String> BOTH_ENDS =
      Map.of(
          "post_attention_norm", "post_attention_layernorm",
          "ffn_norm", "pre_feedforward_layernorm",
          "post_ffw_norm", "post_feedforward_layernorm");

  private static final Pattern TENSOR =
      Pattern.compile("(?:blk\\.(\\d{1,9})\\.)?(\\w+)\\.(weight|bias)");

  private GgufNames() {}

  /**
   * HuggingFace's name of a tensor.
   *
   * @param architecture {@code general.architecture}
   * @param name ggml's
   */
  static String huggingFace(String architecture, String name) {
    Matcher matcher = TENSOR.matcher(name);
    if (!matcher.matches()) {
      return name;
    }
    String module = matcher.group(2);
    if (matcher.group(1) == null) {
      return OUTSIDE.containsKey(module) ? OUTSIDE.get(module) + "." + matcher.group(3) : name;
    }
    boolean bothEnds = architecture.equals("gemma2") || architecture.equals("gemma3");
    String inside = INSIDE.get(module);
    if (bothEnds) {
      inside = BOTH_ENDS.getOrDefault(module, inside);
    }
    return inside == null
        ? name
        : "model.layers." + matcher.group(1) + "." + inside + "." + matcher.group(3);
  }
}
