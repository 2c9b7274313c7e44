package dev.sotto.audit;

import dev.sotto.data.Block;
import dev.sotto.model.Batch;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.TransformerPass;
import java.util.List;

/** Cross-entropy of sequences one by one, computed in packed batches. Private when they are. */
final class SequenceLosses implements AutoCloseable {
  private static final int ROWS = 2048;

  private final TransformerPass pass;
  private final Batch batch;

  /**
   * Plans a pass.
   *
   * @param lora adapters, or null for the base model
   * @param maxLength longest sequence in tokens
   */
  SequenceLosses(LanguageModel model, LoraAdapters lora, int maxLength) {
    PassCapacity capacity = PassCapacity.evaluate(Math.max(ROWS, maxLength), maxLength);
    pass = new TransformerPass(model, lora, capacity);
    batch = new Batch(capacity.rows(), capacity.sequences(), capacity.units());
  }

  /** Nats of each sequence, summed over its targets; 0 without targets. */
  double[] of(List<Block> sequences) {
    double[] nats = new double[sequences.size()];
    int next = 0;
    while (next < nats.length) {
      int first = next;
      batch.clear();
      while (next < nats.length && batch.fits(sequences.get(next).ids().length, 1)) {
        Block sequence = sequences.get(next++);
        batch.add(sequence.ids(), sequence.targets(), 0f);
        batch.endUnit();
      }
      float[] losses = pass.losses(batch);
      int row = 0;
      for (int i = first; i < next; i++) {
        for (int t = sequences.get(i).ids().length; t > 0; t--) {
          nats[i] += losses[row++];
        }
      }
    }
    return nats;
  }

  /** As {@link #of} but over the number of targets; 0 without targets. */
  double[] means(List<Block> sequences) {
    double[] nats = of(sequences);
    for (int i = 0; i < nats.length; i++) {
      nats[i] /= Math.max(1, sequences.get(i).targetCount());
    }
    return nats;
  }

  @Override
  public void close() {
    pass.close();
  }
}
