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
 * @param finalNorm behind the last block; none where blocks end in a norm of their own
 * @param head from the residual stream to logits
 */
public record TransformerConfig(
    String modelType,
    int hiddenSize,
    int maxPositions,
    EmbeddingSpec embeddings,
    List<BlockSpec> blocks,
    Optional<NormSpec> finalNorm,
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
   * From token ids to the residual stream: the sum of a token's vector, scaled, of a learned vector
   * of its position and of one of its type, normed where there is a norm.
   *
   * @param vocabularySize V, rows of the token table
   * @param positions learned positions; none where attention turns with them
   * @param tokenTypes rows of the table of token types (segments); 0 for none
   * @param norm of the sum
   * @param scale of the token's vector
   */
  public record EmbeddingSpec(
      int vocabularySize,
      Optional<PositionSpec> positions,
      int tokenTypes,
      Optional<NormSpec> norm,
      float scale) {
    /** Tokens alone. */
    static EmbeddingSpec of(int vocabularySize) {
      return new EmbeddingSpec(vocabularySize, Optional.empty(), 0, Optional.empty(), 1f);
    }

    /** The same with another scale. */
    EmbeddingSpec scaled(float factor) {
      return new EmbeddingSpec(vocabularySize, positions, tokenTypes, norm, factor);
    }

    /** Tokens and learned positions. */
    static EmbeddingSpec of(int vocabularySize, PositionSpec positions) {
      return new EmbeddingSpec(vocabularySize, Optional.of(positions), 0, Optional.empty(), 1f);
    }
  }

  /**
   * A table of learned positions.
   *
   * @param rows of the table
   * @param offset row of position 0
   */
  public record PositionSpec(int rows, int offset) {}

  /**
   * One block: two branches, attention and MLP, added to the residual stream.
   *
   * @param place where the norms stand
   * @param norm of all norms of the block
   * @param attention first branch
   * @param mlp second branch
   */
  public record BlockSpec(NormPlace place, NormSpec norm, AttentionSpec attention, MlpSpec mlp) {
    private boolean hasWidthsOf(BlockSpec other) {
      return attention.queryWidth() == other.attention.queryWidth()
          && attention.keyWidth() == other.attention.keyWidth()
          && attention.shape().heads() == other.attention.shape().heads()
          && attention.queryKeyNorm() == other.attention.queryKeyNorm()
          && place == other.place
          && mlp.innerSize() == other.mlp.innerSize()
          && mlp.gated() == other.mlp.gated();
    }
  }

  /** Where the norms of a block stand; f is a branch, x the residual stream. */
  public enum NormPlace {
    /** x + f(norm(x)), one branch after the other. */
    PRE(true, false, false),
    /** norm(x + f(x)), one branch after the other. */
    POST(false, false, true),
    /** x + norm(f(x)), one branch after the other. */
    OUTPUT(false, true, false),
    /** x + norm(f(norm(x))), one branch after the other. */
    BOTH(true, true, false),
    /** x + attention(norm(x)) + mlp(norm(x)), each with a norm that may be the other's. */
    PARALLEL(true, false, false);

    private final boolean input;
    private final boolean output;
    private final boolean sum;

    NormPlace(boolean input, boolean output, boolean sum) {
      this.input = input;
      this.output = output;
      this.sum = sum;
    }

    /** Whether what a branch reads is normed. */
    boolean input() {
      return input;
    }

    /** Whether what a branch gives is normed. */
    boolean output() {
      return output;
    }

    /** Whether the stream is normed after a branch was added. */
    boolean sum() {
      return sum;
    }
  }

  /**
   * Normalisation over channels.
   *
   * @param kind which
   * @param epsilon added inside the square root
   * @param gainFromOne whether the stored scale is what is added to 1
   */
  public record NormSpec(Kind kind, float epsilon, boolean gainFromOne) {
    /** The same with a stored scale that is added to 1. */
    NormSpec fromOne() {
      return new NormSpec(kind, epsilon, true);
    }

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
   * @param shape heads, mask and scale; query heads times their channels need not equal C. Where
   *     heads are more than their channels apart, queries, keys and values of a head stand together
   * @param rope how queries and keys turn with their position; empty where they do not
   * @param rotaryDim channels of a head that turn, the first ones
   * @param inputBias whether the query, key and value projections have biases
   * @param outputBias whether the output projection has one
   * @param queryKeyNorm norms of queries and of keys, before they turn
   */
  public record AttentionSpec(
      AttentionShape shape,
      Optional<RotaryFrequencies> rope,
      int rotaryDim,
      boolean inputBias,
      boolean outputBias,
      QueryKeyNorm queryKeyNorm) {

    /** Attention whose heads turn as a whole, where they turn, and are not normed. */
    AttentionSpec(
        AttentionShape shape,
        Optional<RotaryFrequencies> rope,
        boolean inputBias,
        boolean outputBias) {
      this(shape, rope, shape.headDim(), inputBias, outputBias, QueryKeyNorm.NONE);
    }

    /** The same with norms of queries and keys. */
    AttentionSpec with(QueryKeyNorm norm) {
      return new AttentionSpec(shape, rope, rotaryDim, inputBias, outputBias, norm);
    }

    /** The same with heads that turn in part. */
    AttentionSpec withRotaryDim(int channels) {
      return new AttentionSpec(shape, rope, channels, inputBias, outputBias, queryKeyNorm);
    }

    /** Channels of the queries, H·D. */
    public int queryWidth() {
      return shape.heads() * shape.headDim();
    }

    /** Channels of the keys, and of the values, G·D. */
    public int keyWidth() {
      return shape.kvHeads() * shape.headDim();
    }

    /** Channels of a row that holds queries, keys and values. */
    public int qkvWidth() {
      return queryWidth() + 2 * keyWidth();
    }

    /** Whether a row holds the three of head 0, then those of head 1. */
    boolean headByHead() {
      return shape.headStride() > shape.headDim();
    }

    /** Where keys begin in a row. */
    int keyColumn() {
      return headByHead() ? shape.headDim() : queryWidth();
    }

    /** Where values begin in a row. */
    int valueColumn() {
      return headByHead() ? 2 * shape.headDim() : queryWidth() + keyWidth();
    }
  }

  /** Norms of queries and keys. */
  public enum QueryKeyNorm {
    /** None. */
    NONE,
    /** Over the channels of each head, with one scale for all heads. */
    EACH_HEAD,
    /** Over the channels of all heads together. */
    ALL_HEADS
  }

  /**
   * The feed-forward branch: down(f(up(x))), or gated: down(f(gate(x)) · up(x)).
   *
   * @param innerSize inner channels, I
   * @param activation f
   * @param gated whether there is a gate
   * @param bias whether its projections have biases
   */
  public record MlpSpec(int innerSize, Activation activation, boolean gated, boolean bias) {
    /** Channels of a row that holds gate and up, or up alone. */
    int gateUpWidth() {
      return gated ? 2 * innerSize : innerSize;
    }
  }

  /** From the residual stream to logits. */
  public sealed interface HeadSpec permits LanguageHead, ClassifierSpec, NoHead {}

  /**
   * Logits of the next token.
   *
   * @param tied whether the projection is the token table
   * @param bias whether it has a bias
   * @param cap logits l become cap · tanh(l/cap); 0 for no cap
   */
  public record LanguageHead(boolean tied, boolean bias, float cap) implements HeadSpec {}

  /** An encoder's: it has none of its own. */
  public record NoHead() implements HeadSpec {}

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

  /** Whether the language head is the token table. */
  public boolean tied() {
    return head instanceof LanguageHead language && language.tied();
  }

  /** The same with another head. */
  TransformerConfig with(HeadSpec other) {
    return new TransformerConfig(
        modelType, hiddenSize, maxPositions, embeddings, blocks, finalNorm, other);
  }
}
