package dev.sotto.model;

import dev.sotto.data.Block;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Logits of sequences, packed into passes of about 2,048 tokens. Private when the blocks are. */
public final class SequenceScores {
  private static final int ROWS = 2048;

  private SequenceScores() {}

  /** What a pass that scores sequences of at most {@code maxLength} tokens needs to hold. */
  public static PassCapacity capacity(int maxLength) {
    return PassCapacity.evaluate(Math.max(ROWS, maxLength), maxLength);
  }

  /**
   * The logits of each sequence.
   *
   * @param pass planned for {@link #capacity}, of a model with a head that scores sequences
   * @param blocks sequences with labels, which do not count
   * @return K logits a sequence, in order
   */
  public static List<float[]> of(TransformerPass pass, List<Block> blocks) {
    PassCapacity capacity = pass.capacity();
    Batch batch = new Batch(capacity.rows(), capacity.sequences(), capacity.units());
    List<float[]> scores = new ArrayList<>();
    for (Block block : blocks) {
      if (!batch.fits(block.ids().length, 1)) {
        addAll(pass, batch, scores);
      }
      batch.add(block, 0f);
      batch.endUnit();
    }
    if (batch.sequences() > 0) {
      addAll(pass, batch, scores);
    }
    return scores;
  }

  private static void addAll(TransformerPass pass, Batch batch, List<float[]> scores) {
    float[] logits = pass.logits(batch);
    int outputs = logits.length / batch.sequences();
    for (int s = 0; s < batch.sequences(); s++) {
      scores.add(Arrays.copyOfRange(logits, s * outputs, (s + 1) * outputs));
    }
    batch.clear();
  }
}
