package dev.sotto.compute;

/** Pointwise activation functions. */
public enum Activation {
  /** ½x(1 + tanh(√(2/π)(x + 0.044715x³))), GPT-2's "gelu_new". */
  GELU_TANH,
  /** ½x(1 + erf(x/√2)), BERT's "gelu". */
  GELU_ERF,
  /** x / (1 + exp(−x)), Llama's "silu". */
  SILU,
  /** max(x, 0), OPT's "relu". */
  RELU,
  /** tanh(x), of BERT's pooler and RoBERTa's head. */
  TANH
}
