package dev.sotto.model;

import dev.sotto.data.Block;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Logits of sequences, packed into passes of about 2,048 tokens. No more than one pass's sequences
 * are held. Private when the blocks are.
 *
 * <pre>{@code
 * SequenceScores scores = new SequenceScores(pass, sink);
 * scores.add(block); // sequence after sequence
 * scores.flush();    // those that did not fill a pass
 * }</pre>
 */
public final class SequenceScores {
  private static final int ROWS = 2048;

  private final Function<Batch, float[]> scored;
  private final Batch batch;
  private final Consumer<float[]> sink;

  /**
   * Begins with no sequence.
   *
   * @param pass planned for {@link #capacity}, of a model with a head that scores sequences
   * @param sink takes the K logits of each sequence, in the order in which they were added
   */
  public SequenceScores(TransformerPass pass, Consumer<float[]> sink) {
    this(pass, pass::logits, sink);
  }

  private SequenceScores(
      TransformerPass pass, Function<Batch, float[]> scored, Consumer<float[]> sink) {
    PassCapacity capacity = pass.capacity();
    this.scored = scored;
    this.batch = new Batch(capacity.rows(), capacity.sequences(), capacity.units());
    this.sink = sink;
  }

  /** What a pass that scores sequences of at most {@code maxLength} tokens needs to hold. */
  public static PassCapacity capacity(int maxLength) {
    return PassCapacity.evaluate(Math.max(ROWS, maxLength), maxLength);
  }

  /**
   * The logits of each sequence.
   *
   * @param pass as for {@link #SequenceScores}
   * @param blocks sequences with labels, which do not count
   * @return K logits a sequence, in order
   */
  public static List<float[]> of(TransformerPass pass, List<Block> blocks) {
    List<float[]> all = new ArrayList<>();
    SequenceScores scores = new SequenceScores(pass, all::add);
    blocks.forEach(scores::add);
    scores.flush();
    return all;
  }

  /**
   * The same of the vectors [Cin] that the head's first trained layer sees in the place of logits.
   *
   * @param sink takes the vector of each sequence, in order
   */
  static void features(TransformerPass pass, List<Block> blocks, Consumer<float[]> sink) {
    SequenceScores vectors = new SequenceScores(pass, pass::features, sink);
    blocks.forEach(vectors::add);
    vectors.flush();
  }

  /**
   * Adds a sequence, after handing over what fills a pass.
   *
   * @param block with a label, which does not count
   */
  public void add(Block block) {
    if (!batch.fits(block.ids().length, 1)) {
      flush();
    }
    batch.add(block, 0f);
    batch.endUnit();
  }

  /** Hands over the logits of all sequences that were added. */
  public void flush() {
    if (batch.sequences() == 0) {
      return;
    }
    float[] scores = scored.apply(batch);
    int width = scores.length / batch.sequences();
    for (int s = 0; s < batch.sequences(); s++) {
      sink.accept(Arrays.copyOfRange(scores, s * width, (s + 1) * width));
    }
    batch.clear();
  }
}
