package dev.sotto.bench;

import java.util.List;

/** Model and batch shapes that the step benchmarks share with {@code bench/peers}. */
public enum ModelShape {
  /** Llama-like, 3.7 M block weights: what trains comfortably on two cores. */
  LLAMA_256(true, 256, 4, 4, 688, 8192, 16, 128),
  /** As small as the 260k-parameter story model: overheads show here. */
  STORIES(true, 64, 5, 8, 172, 512, 32, 64),
  /** GPT-2 small's blocks with a vocabulary of 8,192. */
  GPT2_768(false, 768, 12, 12, 3072, 8192, 8, 128),
  /** A Llama of 1.2 B parameters with sequences of 512 tokens, for a GPU. */
  LLAMA_1B(true, 2048, 16, 32, 8192, 32000, 8, 512);

  private final boolean llama;
  private final int hidden;
  private final int layers;
  private final int heads;
  private final int inner;
  private final int vocabulary;
  private final int batch;
  private final int length;

  ModelShape(
      boolean llama,
      int hidden,
      int layers,
      int heads,
      int inner,
      int vocabulary,
      int batch,
      int length) {
    this.llama = llama;
    this.hidden = hidden;
    this.layers = layers;
    this.heads = heads;
    this.inner = inner;
    this.vocabulary = vocabulary;
    this.batch = batch;
    this.length = length;
  }

  int batch() {
    return batch;
  }

  int length() {
    return length;
  }

  int vocabulary() {
    return vocabulary;
  }

  /** Every projection is adapted: the most work that LoRA can be. */
  List<String> targets() {
    return llama
        ? List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
        : List.of("c_attn", "c_proj", "c_fc");
  }

  String configJson() {
    return llama
        ? """
          {"model_type": "llama", "vocab_size": %d, "hidden_size": %d, "num_hidden_layers": %d,
           "num_attention_heads": %d, "intermediate_size": %d, "max_position_embeddings": 1024,
           "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": true}
          """
            .formatted(vocabulary, hidden, layers, heads, inner)
        : """
          {"model_type": "gpt2", "vocab_size": %d, "n_embd": %d, "n_layer": %d, "n_head": %d,
           "n_inner": %d, "n_positions": 1024, "activation_function": "gelu_new"}
          """
            .formatted(vocabulary, hidden, layers, heads, inner);
  }
}
