package dev.sotto.model;

import dev.sotto.compute.Activation;
import dev.sotto.compute.AttentionShape;
import java.util.List;
import java.util.Optional;

/**
 * A transformer as data. One implementation reads these specs; an architecture is a row of {@link
 * Architectures} that fills them from a HuggingFace {@code config.json}.
 *
 * @param modelType HuggingFace's {@code model_type}
 * @param hiddenSize C, channels of the residual stream
 * @param maxPositions longest sequence the model allows, in tokens
 * @param embeddings from token ids to the residual stream
 * @param blocks from the first to the last; they may differ in norm, mask and rotation, not in
 *     their widths
 * @param head from the residual stream to logits
 */
public record TransformerConfig(
    String modelType,
    int hiddenSize,
    int maxPositions,
    EmbeddingSpec embeddings,
    List<BlockSpec> blocks,
    HeadSpec head) {
  /**
   * Makes the list immutable.
   *
   * @throws IllegalArgumentException if there is no block, or one has other widths than the first
   */
  public TransformerConfig {
    blocks = List.copyOf(blocks);
    if (blocks.isEmpty()) {
      throw new IllegalArgumentException("a transformer without blocks");
    }
    for (BlockSpec block : blocks) {
      if (!block.hasWidthsOf(blocks.get(0))) {
        throw new IllegalArgumentException("blocks of different widths");
      }
    }
  }

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
   * @param norm of both norms
   * @param attention first branch
   * @param mlp second branch
   */
  public record BlockSpec(NormSpec norm, AttentionSpec attention, MlpSpec mlp) {
    private boolean hasWidthsOf(BlockSpec other) {
      return attention.queryWidth() == other.attention.queryWidth()
          && attention.keyWidth() == other.attention.keyWidth()
          && attention.shape().heads() == other.attention.shape().heads()
          && mlp.innerSize() == other.mlp.innerSize()
          && mlp.gated() == other.mlp.gated();
    }
  }

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
   * @param norm of the one norm before the output projection
   * @param tied whether the output projection is the token table
   */
  public record HeadSpec(NormSpec norm, boolean tied) {}

  /** Number of blocks. */
  public int layers() {
    return blocks.size();
  }

  /** The block of a layer, from 0. */
  public BlockSpec block(int layer) {
    return blocks.get(layer);
  }

  /** V. */
  public int vocabularySize() {
    return embeddings.vocabularySize();
  }
}
