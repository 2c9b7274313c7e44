package dev.sotto.compute;

/**
 * The operations of a transformer and of its LoRA pairs. Shapes, symbols and errors as in {@link
 * Backend}.
 */
public interface TransformerKernels {
  /**
   * What both passes of an embedding read.
   *
   * @param rows N
   * @param channels C
   * @param vocabulary rows of the token table
   * @param maxPositions rows of the position table
   * @param ids I32 [N]
   * @param positions I32 [N]; null where there is no position table
   */
  record EmbeddingArguments(
      long rows,
      long channels,
      long vocabulary,
      long maxPositions,
      DeviceBuffer ids,
      DeviceBuffer positions) {}

  /**
   * What both passes of a norm over rows read, or the first leaves for the second.
   *
   * @param rows N
   * @param channels C
   * @param x the input [N,C]
   * @param gamma the scale [C]
   * @param mean [N], of LayerNorm; null for RMSNorm
   * @param rstd [N], reciprocal deviations
   */
  record NormArguments(
      long rows,
      long channels,
      DeviceBuffer x,
      DeviceBuffer gamma,
      DeviceBuffer mean,
      DeviceBuffer rstd) {}

  /**
   * The angles of a rotary embedding: cosine and sine [maxPositions, headDim/2].
   *
   * @param maxPositions rows of the tables
   * @param headDim channels of a head, even
   * @param cosine of the angle of each pair of channels
   * @param sine of the same
   */
  record RotaryTable(long maxPositions, long headDim, DeviceBuffer cosine, DeviceBuffer sine) {}

  /**
   * The ragged sequences of an attention: sequence b holds the rows start[b] .. start[b+1]-1.
   *
   * @param sequences B
   * @param queryStart I32 [B+1], of the queries
   * @param keyStart I32 [B+1], of the keys and values, which may reach further back
   * @param rows N, of queries
   */
  record AttentionBatch(
      long sequences, DeviceBuffer queryStart, DeviceBuffer keyStart, long rows) {}

  /**
   * Keys and values, which stand at the same stride.
   *
   * @param keys of row 0
   * @param values of row 0
   * @param stride elements from one row to the next
   */
  record KeyValues(DeviceBuffer keys, DeviceBuffer values, long stride) {}

  /**
   * What attention reads and what it leaves for the backward pass.
   *
   * @param queries [N, heads · headDim]
   * @param keyValues [rows of keys, kvHeads · headDim] each
   * @param out [N, heads · headDim]
   * @param logSumExp [heads, N]
   */
  record AttentionArguments(Rows queries, KeyValues keyValues, Rows out, DeviceBuffer logSumExp) {}

  /** out[N,C] = tokenTable[ids] + positionTable[positions]; {@code positionTable} may be null. */
  void embeddingForward(
      EmbeddingArguments embedding,
      DeviceBuffer tokenTable,
      DeviceBuffer positionTable,
      DeviceBuffer out);

  /** Adds dout[N,C] to the rows of the tables' gradients; either gradient may be null. */
  void embeddingBackward(
      EmbeddingArguments embedding,
      DeviceBuffer dout,
      DeviceBuffer tokenGradient,
      DeviceBuffer positionGradient);

  /** LayerNorm over rows, with the shift {@code beta} [C]; fills mean and rstd. */
  void layerNormForward(NormArguments norm, float epsilon, DeviceBuffer beta, DeviceBuffer out);

  /** dx += gradient of x; dgamma and dbeta are added to and may be null. */
  void layerNormBackward(
      NormArguments norm,
      DeviceBuffer dout,
      DeviceBuffer dx,
      DeviceBuffer dgamma,
      DeviceBuffer dbeta);

  /** RMSNorm over rows; fills rstd. */
  void rmsNormForward(NormArguments norm, float epsilon, DeviceBuffer out);

  /** dx += gradient of x; dgamma is added to and may be null. */
  void rmsNormBackward(NormArguments norm, DeviceBuffer dout, DeviceBuffer dx, DeviceBuffer dgamma);

  /**
   * Rotary embedding of x[N, heads · headDim] in place.
   *
   * @param positions I32 [N]
   * @param rows N
   * @param heads heads that stand side by side in a row
   * @param inverse whether to turn back, which is the backward pass
   */
  void rope(
      RotaryTable table, DeviceBuffer positions, long rows, long heads, Rows x, boolean inverse);

  /** Softmax attention; queries may be fewer than keys. Fills out and logSumExp. */
  void attentionForward(AttentionShape shape, AttentionBatch batch, AttentionArguments attention);

  /**
   * Gradients of attention with queries and keys of the same rows, overwritten.
   *
   * @param dout gradient of out, at the stride of out
   * @param delta [heads, N], scratch
   */
  void attentionBackward(
      AttentionShape shape,
      AttentionBatch batch,
      AttentionArguments attention,
      DeviceBuffer dout,
      DeviceBuffer delta,
      Rows dQueries,
      KeyValues dKeyValues);

  /** out = f(x). */
  void activationForward(Activation kind, long count, DeviceBuffer x, DeviceBuffer out);

  /** dx = dout · f'(x); dx may be dout. */
  void activationBackward(
      Activation kind, long count, DeviceBuffer x, DeviceBuffer dout, DeviceBuffer dx);

  /** out = f(gate) · up. */
  void gatedActivationForward(
      Activation kind, long count, DeviceBuffer gate, DeviceBuffer up, DeviceBuffer out);

  /** Gradients of {@link #gatedActivationForward}; either result may be dout. */
  void gatedActivationBackward(
      Activation kind,
      long count,
      DeviceBuffer gate,
      DeviceBuffer up,
      DeviceBuffer dout,
      DeviceBuffer dgate,
      DeviceBuffer dup);

  /**
   * Softmax cross-entropy in nats per row, 0 where targets[r] is negative. With {@code gradient}
   * the logits [N,V] become rowWeight[r] · (softmax − one-hot). The losses are private: they must
   * not be shown.
   */
  void crossEntropy(
      long rows,
      long vocabulary,
      Rows logits,
      DeviceBuffer targets,
      DeviceBuffer rowWeight,
      boolean gradient,
      DeviceBuffer rowLoss);

  /** u[N,R] = x A^T; y[N,Cout] += scale · u B^T, with A [R,Cin], B [Cout,R]. */
  void loraForward(
      LoraShape shape,
      long rows,
      DeviceBuffer x,
      DeviceBuffer a,
      DeviceBuffer b,
      DeviceBuffer u,
      Rows y);

  /** du[N,R] = scale · dy B; dx[N,Cin] += du A. dx may be null. */
  void loraBackward(
      LoraShape shape,
      long rows,
      Rows dy,
      DeviceBuffer a,
      DeviceBuffer b,
      DeviceBuffer du,
      DeviceBuffer dx);
}
