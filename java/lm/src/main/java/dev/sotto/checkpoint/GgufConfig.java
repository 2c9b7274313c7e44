package dev.sotto.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.gguf.GgufFile;
import dev.sotto.gguf.Metadata;
import dev.sotto.gguf.TensorEntry;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeSet;

/**
 * The metadata of a GGUF file as the {@code config.json} that the model had, so that the same rows
 * of architectures read both. What llama.cpp leaves out because it follows from the architecture is
 * filled in as it does; what would change the result and cannot be expressed is refused.
 */
final class GgufConfig {
  /** Factors on the wavelengths of Llama 3, which no parameter is stored for. */
  static final String ROTARY_FACTORS = "rope_freqs.weight";

  private static final double LLAMA3_LOW = 1;
  private static final double LLAMA3_HIGH = 4;
  private static final int LLAMA3_POSITIONS = 8192; // where the file does not say

  /** Layers of the models that scale scores by the width of a head's share, not of a head. */
  private static final Map<String, Integer> LARGEST = Map.of("gemma2", 46, "gemma3", 62);

  /** Keys, behind the architecture's name, that no model of the families needs. */
  private static final List<String> UNSUPPORTED =
      List.of("logit_scale", "embedding_scale", "residual_scale", "attention.clamp_kqv");

  private final GgufFile file;
  private final Metadata metadata;
  private final String architecture;
  private final ObjectNode config = Json.object();

  private GgufConfig(GgufFile file) {
    this.file = file;
    metadata = file.metadata();
    architecture = architecture(file);
  }

  /**
   * The configuration.
   *
   * @throws InputException if a value is missing, of the wrong type or not supported
   */
  static ObjectNode of(GgufFile file) {
    return new GgufConfig(file).read();
  }

  /**
   * Its {@code general.architecture}.
   *
   * @throws InputException if it is none of those that can be read
   */
  static String architecture(GgufFile file) {
    String key = "general.architecture";
    String name =
        file.metadata()
            .string(key)
            .orElseThrow(() -> file.metadata().wrong(key, "is missing; convert the model again"));
    if (!GgufNames.ARCHITECTURES.containsKey(name)) {
      throw file.metadata()
          .wrong(
              key,
              "is '"
                  + name
                  + "'; GGUF files can be read of "
                  + String.join(", ", new TreeSet<>(GgufNames.ARCHITECTURES.keySet()))
                  + "; bring the model as a HuggingFace directory");
    }
    return name;
  }

  /** A number of heads: {@code head_count} or {@code head_count_kv}, which defaults to it. */
  static int heads(GgufFile file, String name) {
    GgufConfig config = new GgufConfig(file);
    String key = config.key("attention." + name);
    int heads = file.metadata().whole(key).orElseGet(() -> config.size("attention.head_count"));
    if (heads < 1) {
      throw file.metadata().wrong(key, "is 0, but must be positive; convert the model again");
    }
    return heads;
  }

  private String key(String name) {
    return architecture + "." + name;
  }

  private int size(String name) {
    OptionalInt value = metadata.whole(key(name));
    if (value.isEmpty() || value.getAsInt() < 1) {
      throw metadata.wrong(key(name), "is missing or 0; convert the model again");
    }
    return value.getAsInt();
  }

  private ObjectNode read() {
    int heads = heads(file, "head_count");
    int hidden = size("embedding_length");
    config.put("model_type", GgufNames.ARCHITECTURES.get(architecture));
    config.put("hidden_size", hidden);
    config.put("num_hidden_layers", layers());
    config.put("intermediate_size", size("feed_forward_length"));
    config.put("num_attention_heads", heads);
    config.put("num_key_value_heads", heads(file, "head_count_kv"));
    config.put("max_position_embeddings", size("context_length"));
    config.put("vocab_size", rows("token_embd.weight"));
    config.put("tie_word_embeddings", !file.tensors().containsKey("output.weight"));
    config.put("rms_norm_eps", number("attention.layer_norm_rms_epsilon"));
    config.put("attention_bias", file.tensors().containsKey("blk.0.attn_q.bias"));
    config.put("mlp_bias", file.tensors().containsKey("blk.0.ffn_up.bias"));
    int headDim = headDim(hidden, heads);
    config.put("head_dim", headDim);
    rotary(headDim);
    attention(hidden, heads, headDim);
    refuseUnsupported();
    metadata.whole("tokenizer.ggml.bos_token_id").ifPresent(id -> config.put("bos_token_id", id));
    metadata.whole("tokenizer.ggml.eos_token_id").ifPresent(id -> config.put("eos_token_id", id));
    return config;
  }

  /** No more than there are tensors, so that a false number costs no memory. */
  private int layers() {
    int layers = size("block_count");
    if (layers > file.tensors().size()) {
      throw metadata.wrong(
          key("block_count"),
          "is " + layers + ", more than the file's tensors; bring back a whole copy");
    }
    return layers;
  }

  private int rows(String name) {
    TensorEntry entry = file.tensors().get(name);
    if (entry == null || entry.shape().length != 2 || entry.shape()[0] > Integer.MAX_VALUE) {
      throw new InputException(
          file.file() + ": has no matrix '" + name + "'; bring back a whole copy");
    }
    return (int) entry.shape()[0];
  }

  private double number(String name) {
    return metadata
        .number(key(name))
        .orElseThrow(() -> metadata.wrong(key(name), "is missing; convert the model again"));
  }

  private int headDim(int hidden, int heads) {
    int headDim = metadata.whole(key("attention.key_length")).orElse(hidden / heads);
    for (String name : List.of("attention.value_length", "rope.dimension_count")) {
      int other = metadata.whole(key(name)).orElse(headDim);
      if (other != headDim) {
        throw metadata.wrong(
            key(name),
            "is " + other + " where a head has " + headDim + " channels, which is not supported");
      }
    }
    return headDim;
  }

  private void rotary(int headDim) {
    double base = metadata.number(key("rope.freq_base")).orElse(10_000.0);
    config.put("rope_theta", base);
    String type = metadata.string(key("rope.scaling.type")).orElse("none");
    double factor = metadata.number(key("rope.scaling.factor")).orElse(1.0);
    boolean none = type.equals("none") || (type.equals("linear") && factor == 1);
    if (!none) {
      throw metadata.wrong(
          key("rope.scaling.type"), "is '" + type + "', which is not supported; only none is");
    }
    TensorEntry factors = file.tensors().get(ROTARY_FACTORS);
    if (factors != null) {
      llama3(factors, base, headDim);
    }
    metadata
        .number(key("rope.freq_base_swa"))
        .ifPresent(local -> config.put("rope_local_base_freq", local));
  }

  /**
   * Llama 3's scaling from what it does: the factors are computed from the last of them and the
   * numbers that all its models share, and must come out the same.
   */
  private void llama3(TensorEntry entry, double base, int headDim) {
    boolean fits = entry.type().name().equals("F32") && entry.bytes() == 4L * (headDim / 2);
    FloatBuffer factors = fits ? file.data(entry).asFloatBuffer() : FloatBuffer.allocate(0);
    int channels = factors.remaining();
    double factor = channels == 0 ? 0 : factors.get(channels - 1);
    int positions =
        metadata.whole(key("rope.scaling.original_context_length")).orElse(LLAMA3_POSITIONS);
    for (int i = 0; i < channels; i++) {
      double wavelength = 2 * Math.PI * Math.pow(base, 2.0 * i / headDim);
      double turns = positions / wavelength;
      double smooth = (turns - LLAMA3_LOW) / (LLAMA3_HIGH - LLAMA3_LOW);
      double kept = Math.min(1, Math.max(0, smooth));
      double expected = 1 / ((1 - kept) / factor + kept);
      fits &= Math.abs(factors.get(i) - expected) <= 1e-3 * expected;
    }
    if (!fits || !(factor >= 1)) {
      throw new InputException(
          file.file()
              + ": tensor '"
              + ROTARY_FACTORS
              + "' does not hold the factors of Llama 3, which alone are supported; bring the model"
              + " as a HuggingFace directory");
    }
    config
        .putObject("rope_scaling")
        .put("rope_type", "llama3")
        .put("factor", factor)
        .put("low_freq_factor", LLAMA3_LOW)
        .put("high_freq_factor", LLAMA3_HIGH)
        .put("original_max_position_embeddings", positions);
  }

  private void attention(int hidden, int heads, int headDim) {
    OptionalInt window = metadata.whole(key("attention.sliding_window"));
    if (!LARGEST.containsKey(architecture)) {
      if (window.orElse(0) > 0 && window.getAsInt() < size("context_length")) {
        throw metadata.wrong(
            key("attention.sliding_window"),
            "is " + window.getAsInt() + ", which is not supported for " + architecture);
      }
      refuse("attention.scale");
      return;
    }
    window.ifPresent(keys -> config.put("sliding_window", keys));
    metadata
        .whole(key("attention.sliding_window_pattern"))
        .ifPresent(pattern -> config.put("sliding_window_pattern", pattern));
    metadata
        .number(key("attn_logit_softcapping"))
        .ifPresent(cap -> config.put("attn_logit_softcapping", cap));
    metadata
        .number(key("final_logit_softcapping"))
        .ifPresent(cap -> config.put("final_logit_softcapping", cap));
    boolean largest = LARGEST.get(architecture) == size("block_count");
    config.put(
        "query_pre_attn_scalar",
        metadata
            .number(key("attention.scale"))
            .map(scale -> 1 / (scale * scale))
            .orElse(largest ? (double) hidden / heads : headDim));
  }

  private void refuseUnsupported() {
    UNSUPPORTED.forEach(this::refuse);
    if (metadata.whole(key("expert_count")).orElse(0) > 0) {
      throw metadata.wrong(
          key("expert_count"),
          "makes the model a mixture of experts, which is not supported; choose a dense model");
    }
    if (!metadata.flagOr(true, key("attention.causal"))) {
      throw metadata.wrong(
          key("attention.causal"), "is false, which is not supported; choose a decoder");
    }
  }

  private void refuse(String name) {
    if (metadata.has(key(name))) {
      throw metadata.wrong(
          key(name), "is not supported; bring the model as a HuggingFace directory");
    }
  }
}
