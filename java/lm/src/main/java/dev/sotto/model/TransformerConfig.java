package dev.sotto.model;

import dev.sotto.compute.Activation;
import dev.sotto.compute.AttentionShape;
import java.util.Optional;

/**
 * A transformer as data. One implementation reads these specs; an architecture is a row of {@link
 * Architectures} that fills them from a HuggingFace {@code config.json}.
 *
 * @param modelType HuggingFace's {@code model_type}
 * @param hiddenSize C, channels of the residual stream
 * @param layers number of blocks
 * @param maxPositions longest sequence the model allows, in tokens
 * @param embeddings from token ids to the residual stream
 * @param block every block, all of them alike
 * @param head from the residual stream to logits
 */
public record TransformerConfig(
    String modelType,
    int hiddenSize,
    int layers,
    int maxPositions,
    EmbeddingSpec embeddings,
    BlockSpec block,
    HeadSpec head) {

  /**
   * From token ids to the residual stream.
   *
   * @param vocabularySize V, rows of the token table
   * @param learnedPositions whether a learned vector for its position is added to each token's
   */
  public record EmbeddingSpec(int vocabularySize, boolean learnedPositions) {}

  /**
   * One block: h = x + attention(norm(x)), y = h + mlp(norm(h)).
   *
   * @param norm of both norms, and of the one before the head
   * @param attention first branch
   * @param mlp second branch
   */
  public record BlockSpec(NormSpec norm, AttentionSpec attention, MlpSpec mlp) {}

  /**
   * Normalisation over the C channels.
   *
   * @param kind which
   * @param epsilon added inside the square root
   */
  public record NormSpec(Kind kind, float epsilon) {
    /** Normalisations. */
    public enum Kind {
      /** Mean and variance, with scale and shift. */
      LAYER,
      /** Root mean square, with scale. */
      RMS
    }
  }

  /**
   * Attention and its projections.
   *
   * @param shape heads, mask and scale; query heads times their channels need not equal C
   * @param rope how queries and keys turn with their position; empty where they do not
   * @param inputBias whether the query, key and value projections have biases
   * @param outputBias whether the output projection has one
   */
  public record AttentionSpec(
      AttentionShape shape,
      Optional<RotaryFrequencies> rope,
      boolean inputBias,
      boolean outputBias) {

    /** Channels of the queries, H·D. */
    public int queryWidth() {
      return shape.heads() * shape.headDim();
    }

    /** Channels of the keys, and of the values, G·D. */
    public int keyWidth() {
      return shape.kvHeads() * shape.headDim();
    }

    /** Channels of a row that holds queries, keys and values side by side. */
    public int qkvWidth() {
      return queryWidth() + 2 * keyWidth();
    }
  }

  /**
   * The feed-forward branch: down(f(up(x))), or gated: down(f(gate(x)) · up(x)).
   *
   * @param innerSize inner channels, I
   * @param activation f
   * @param gated whether there is a gate
   * @param bias whether its projections have biases
   */
  public record MlpSpec(int innerSize, Activation activation, boolean gated, boolean bias) {}

  /**
   * From the residual stream to logits.
   *
   * @param tied whether the output projection is the token table
   */
  public record HeadSpec(boolean tied) {}

  /** V. */
  public int vocabularySize() {
    return embeddings.vocabularySize();
  }
}
