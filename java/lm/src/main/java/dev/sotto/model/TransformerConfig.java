package dev.sotto.model;

import dev.sotto.compute.Activation;
import dev.sotto.compute.AttentionShape;

/**
 * A transformer as data. One implementation reads these fields; an architecture is a row of {@link
 * Architectures} that fills them from a HuggingFace {@code config.json}.
 *
 * @param modelType HuggingFace's {@code model_type}
 * @param vocabularySize V, rows of the token table
 * @param hiddenSize C, channels of the residual stream
 * @param layers number of blocks
 * @param heads query heads H
 * @param kvHeads key/value heads G, a divisor of H
 * @param headDim channels of a head D; H·D need not equal C
 * @param intermediateSize inner channels of the MLP, I
 * @param maxPositions longest sequence the model allows, in tokens
 * @param norm normalisation before attention, before the MLP and at the end
 * @param normEpsilon added inside the square root
 * @param position how positions enter
 * @param rope rotary frequencies; null unless {@code position} is ROTARY
 * @param activation of the MLP
 * @param gatedMlp whether the MLP is down(f(gate(x)) · up(x)) rather than down(f(up(x)))
 * @param tiedEmbeddings whether the output head is the token table
 * @param attentionBias whether the query, key and value projections have biases
 * @param outputBias whether the attention's output projection has one
 * @param mlpBias whether the MLP's projections have biases
 * @param causal whether a token sees only itself and what came before
 * @param window keys a query sees at most, itself included; 0 for no limit
 * @param inByOut whether projection weights are stored [in, out] (GPT-2's Conv1D) rather than [out,
 *     in]
 */
public record TransformerConfig(
    String modelType,
    int vocabularySize,
    int hiddenSize,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int intermediateSize,
    int maxPositions,
    Norm norm,
    float normEpsilon,
    Position position,
    RotaryFrequencies rope,
    Activation activation,
    boolean gatedMlp,
    boolean tiedEmbeddings,
    boolean attentionBias,
    boolean outputBias,
    boolean mlpBias,
    boolean causal,
    int window,
    boolean inByOut) {

  /** Normalisation. */
  public enum Norm {
    /** Mean and variance, with scale and shift. */
    LAYER,
    /** Root mean square, with scale. */
    RMS
  }

  /** How a token's position enters the model. */
  public enum Position {
    /** A learned vector added to the token's embedding. */
    LEARNED,
    /** Rotation of queries and keys. */
    ROTARY
  }

  /** Channels of the queries, H·D. */
  public int queryWidth() {
    return heads * headDim;
  }

  /** Channels of the keys, and of the values, G·D. */
  public int keyWidth() {
    return kvHeads * headDim;
  }

  /** Channels of a row that holds queries, keys and values side by side. */
  public int qkvWidth() {
    return queryWidth() + 2 * keyWidth();
  }

  /** The attention of every block. */
  public AttentionShape attention() {
    return new AttentionShape(
        heads, kvHeads, headDim, causal, window, (float) (1 / Math.sqrt(headDim)));
  }
}
