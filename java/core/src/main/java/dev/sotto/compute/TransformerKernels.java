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
   * @param scale multiplies the rows of the token table, above 0
   * @param ids I32 [N]
   * @param positions I32 [N]; null where there is no position table
   */
  record EmbeddingArguments(
      long rows,
      long channels,
      long vocabulary,
      long maxPositions,
      float scale,
      DeviceBuffer ids,
      DeviceBuffer positions) {}

  /**
   * What both passes of LayerNorm over rows read, or the first leaves for the second.
   *
   * @param rows N
   * @param channels C
   * @param x the input [N,C]
   * @param gamma the scale [C]
   * @param mean [N]
   * @param rstd [N], reciprocal deviations
   */
  record LayerNormArguments(
      long rows,
      long channels,
      DeviceBuffer x,
      DeviceBuffer gamma,
      DeviceBuffer mean,
      DeviceBuffer rstd) {}

  /**
   * What both passes of RMSNorm read, or the first leaves for the second. A row holds {@code heads}
   * groups of {@code channels} side by side, each normalised by itself.
   *
   * @param rows N
   * @param heads groups of a row; 1 normalises rows
   * @param channels C, of a group
   * @param x the input [N, heads · C]
   * @param gamma the scale [C], of every group
   * @param rstd [N, heads], reciprocal root mean squares
   */
  record RmsNormArguments(
      long rows, long heads, long channels, Rows x, DeviceBuffer gamma, DeviceBuffer rstd) {}

  /**
   * The angles of a rotary embedding: cosine and sine [maxPositions, channels/2].
   *
   * @param maxPositions rows of the tables
   * @param channels of a head that turn, the first ones; even
   * @param cosine of the angle of each pair of channels
   * @param sine of the same
   */
  record RotaryTable(long maxPositions, long channels, DeviceBuffer cosine, DeviceBuffer sine) {}

  /**
   * The inputs of a gated activation, or their gradients, which stand at the same stride.
   *
   * @param gate of row 0
   * @param up of row 0
   * @param stride elements from one row to the next
   */
  record GateAndUp(DeviceBuffer gate, DeviceBuffer up, long stride) {}

  /**
   * The ragged sequences that pooling makes a vector each of: sequence b holds the rows start[b] ..
   * start[b+1]-1.
   *
   * @param kind what the vector is
   * @param sequences B
   * @param rows N
   * @param channels C
   * @param start I32 [B+1]
   */
  record PoolArguments(
      Pooling kind, long sequences, long rows, long channels, DeviceBuffer start) {}

  /**
   * Rows of logits.
   *
   * @param values [N,V]
   * @param vocabulary V
   * @param cap a logit l counts as cap · tanh(l / cap); 0 for none
   */
  record Logits(Rows values, long vocabulary, float cap) {}

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
   * @param queries [N], heads at the shape's stride
   * @param keyValues [rows of keys] each, heads at the shape's stride
   * @param out [N, heads · headDim]
   * @param logSumExp [heads, N]
   */
  record AttentionArguments(Rows queries, KeyValues keyValues, Rows out, DeviceBuffer logSumExp) {}

  /**
   * out[N,C] = scale · tokenTable[ids] + positionTable[positions]; {@code positionTable} may be
   * null.
   */
  void embeddingForward(
      EmbeddingArguments embedding,
      DeviceBuffer tokenTable,
      DeviceBuffer positionTable,
      DeviceBuffer out);

  /**
   * Adds dout[N,C] to the rows of the tables' gradients, times the scale for the tokens; either
   * gradient may be null.
   */
  void embeddingBackward(
      EmbeddingArguments embedding,
      DeviceBuffer dout,
      DeviceBuffer tokenGradient,
      DeviceBuffer positionGradient);

  /** LayerNorm over rows, with the shift {@code beta} [C]; fills mean and rstd. */
  void layerNormForward(
      LayerNormArguments norm, float epsilon, DeviceBuffer beta, DeviceBuffer out);

  /** dx += gradient of x; dgamma and dbeta are added to and may be null. */
  void layerNormBackward(
      LayerNormArguments norm,
      DeviceBuffer dout,
      DeviceBuffer dx,
      DeviceBuffer dgamma,
      DeviceBuffer dbeta);

  /** RMSNorm of rows or of their heads; fills out [N, heads · C] and rstd. */
  void rmsNormForward(RmsNormArguments norm, float epsilon, Rows out);

  /** dx += gradient of x; dgamma is added to, over all heads, and may be null. */
  void rmsNormBackward(RmsNormArguments norm, Rows dout, Rows dx, DeviceBuffer dgamma);

  /**
   * Rotary embedding of the heads of x in place.
   *
   * @param positions I32 [N]
   * @param rows N
   * @param heads heads of a row
   * @param headStride elements from one head to the next, at least the channels that turn
   * @param x [N], heads at that stride
   * @param inverse whether to turn back, which is the backward pass
   */
  void rope(
      RotaryTable table,
      DeviceBuffer positions,
      long rows,
      long heads,
      long headStride,
      Rows x,
      boolean inverse);

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

  /** out[N,C] = f(gate[N,C]) · up[N,C]; out has no gaps between its rows. */
  void gatedActivationForward(
      Activation kind, long rows, long channels, GateAndUp x, DeviceBuffer out);

  /**
   * Gradients of {@link #gatedActivationForward}, of dout[N,C] without gaps between its rows;
   * either result may be dout where its stride is C.
   */
  void gatedActivationBackward(
      Activation kind, long rows, long channels, GateAndUp x, DeviceBuffer dout, GateAndUp dx);

  /**
   * Softmax cross-entropy in nats per row, 0 where targets[r] is negative. With {@code gradient}
   * the logits become rowWeight[r] · (softmax − one-hot), times the slope of the cap. The losses
   * are private: they must not be shown.
   */
  void crossEntropy(
      long rows,
      Logits logits,
      DeviceBuffer targets,
      DeviceBuffer rowWeight,
      boolean gradient,
      DeviceBuffer rowLoss);

  /**
   * Squared error of one logit a row against targets[N], per row. With {@code gradient} the logits
   * [N,1] become rowWeight[r] · 2 · (logit − target). The losses are private: they must not be
   * shown.
   */
  void squaredError(
      long rows,
      Rows logits,
      DeviceBuffer targets,
      DeviceBuffer rowWeight,
      boolean gradient,
      DeviceBuffer rowLoss);

  /** out[B,C] = one vector of each sequence's rows x[N,C], zeros for a sequence without rows. */
  void poolForward(PoolArguments pool, DeviceBuffer x, DeviceBuffer out);

  /** dx[N,C] = gradient of x from dout[B,C], zeros where nothing flows. */
  void poolBackward(PoolArguments pool, DeviceBuffer dout, DeviceBuffer dx);

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
