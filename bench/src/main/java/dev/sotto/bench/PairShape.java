package dev.sotto.bench;

/** Projections that LoRA adapts, by the model they come from: input and output channels. */
public enum PairShape {
  /** For tests of the benchmarks. */
  SMOKE(64, 64),
  /** GPT-2 small, attention. */
  GPT2_768_768(768, 768),
  /** GPT-2 small, first half of the MLP. */
  GPT2_768_3072(768, 3072),
  /** A Llama of 1B parameters, attention. */
  LLAMA1B_2048_2048(2048, 2048),
  /** A Llama of 1B parameters, MLP. */
  LLAMA1B_2048_8192(2048, 8192),
  /** Llama 7B, attention. */
  LLAMA7B_4096_4096(4096, 4096),
  /** Llama 7B, gate and up projection. */
  LLAMA7B_4096_11008(4096, 11008),
  /** Llama 7B, down projection. */
  LLAMA7B_11008_4096(11008, 4096);

  final int inChannels;
  final int outChannels;

  PairShape(int inChannels, int outChannels) {
    this.inChannels = inChannels;
    this.outChannels = outChannels;
  }
}
