package dev.sotto.model;

/** What a stored tensor, or the module it belongs to, is in the model. */
public enum TensorPart {
  /** Token embedding [V, C]: a tensor's whole name, unlike the modules below. */
  TOKEN_TABLE,
  /** Learned position embedding [positions, C]: a tensor's whole name. */
  POSITION_TABLE,
  /** Embedding of token types (segments) [types, C]: a tensor's whole name. */
  TYPE_TABLE,
  /** Norm of the sum of embeddings. */
  EMBEDDING_NORM,
  /** Norm of the attention branch: where, says the block's {@link TransformerConfig.NormPlace}. */
  ATTENTION_NORM,
  /** The branch's second norm, behind attention. */
  ATTENTION_OUTPUT_NORM,
  /** One fused projection in place of the next three. */
  QUERY_KEY_VALUE,
  /** Query projection. */
  QUERY,
  /** Key projection. */
  KEY,
  /** Value projection. */
  VALUE,
  /** Output projection of attention. */
  ATTENTION_OUTPUT,
  /** Norm of queries. */
  QUERY_NORM,
  /** Norm of keys. */
  KEY_NORM,
  /** Norm of the MLP branch: where, says the block's {@link TransformerConfig.NormPlace}. */
  MLP_NORM,
  /** The branch's second norm, behind the MLP. */
  MLP_OUTPUT_NORM,
  /** One fused projection in place of the next two. */
  GATE_UP,
  /** Gate projection of a gated MLP. */
  GATE,
  /** First projection of the MLP. */
  UP,
  /** Second projection of the MLP. */
  DOWN,
  /** Norm before the head. */
  FINAL_NORM,
  /** Output head: its path has no prefix; not stored when tied. */
  HEAD
}
