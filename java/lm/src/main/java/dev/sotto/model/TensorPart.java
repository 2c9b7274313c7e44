package dev.sotto.model;

/** What a stored tensor, or the module it belongs to, is in the model. */
public enum TensorPart {
  /** Token embedding [V, C]: a tensor's whole name, unlike the modules below. */
  TOKEN_TABLE,
  /** Learned position embedding [positions, C]: a tensor's whole name. */
  POSITION_TABLE,
  /** Norm before attention. */
  ATTENTION_NORM,
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
  /** Norm before the MLP. */
  MLP_NORM,
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
