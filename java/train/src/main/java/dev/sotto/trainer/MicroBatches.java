package dev.sotto.trainer;

import dev.sotto.data.Block;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.gradient.Part;
import dev.sotto.model.Batch;
import dev.sotto.model.PassCapacity;
import java.util.List;

/**
 * Cuts a logical batch of privacy units into micro-batches that fit a {@link PassCapacity}. A unit
 * that is too long for one pass goes through alone, in pieces whose gradients are added before the
 * norm is taken.
 *
 * <p>The loss of a unit is the mean over its targets, however it is cut. A unit without targets
 * contributes nothing.
 */
final class MicroBatches {
  /** What to do with the micro-batches in turn. */
  interface Consumer {
    /**
     * One micro-batch.
     *
     * @param batch packed rows
     * @param part what it has of its units
     */
    void accept(Batch batch, Part part);
  }

  private final List<PrivacyUnit> corpus;
  private final PassCapacity capacity;
  private final Batch batch;

  /**
   * Checks that every block fits the capacity.
   *
   * @throws IllegalArgumentException if one is too long; which one and how long is not said
   */
  MicroBatches(List<PrivacyUnit> corpus, PassCapacity capacity) {
    for (PrivacyUnit unit : corpus) {
      for (Block block : unit.blocks()) {
        if (block.ids().length > capacity.maxLength()) {
          throw new IllegalArgumentException(
              "the corpus was cut into longer sequences than the "
                  + capacity.maxLength()
                  + " tokens the pass is planned for: give both the same maximum length");
        }
      }
    }
    this.corpus = corpus;
    this.capacity = capacity;
    batch = new Batch(capacity.rows(), capacity.sequences(), capacity.units());
  }

  /** One gradient a unit: the private path. */
  void forEach(int[] drawn, Consumer consumer) {
    batch.clear();
    for (int index : drawn) {
      PrivacyUnit unit = corpus.get(index);
      if (unit.targetCount() == 0) {
        continue;
      }
      float weight = 1f / unit.targetCount();
      if (!batch.fits(unit.rows(), unit.blocks().size())) {
        flush(consumer);
      }
      if (unit.rows() > capacity.rows() || unit.blocks().size() > capacity.sequences()) {
        boolean first = true;
        int from = 0;
        while (from < unit.blocks().size()) {
          from = fill(unit.blocks(), from, weight);
          send(first, from == unit.blocks().size(), consumer);
          first = false;
        }
      } else {
        fill(unit.blocks(), 0, weight);
        batch.endUnit();
      }
    }
    flush(consumer);
  }

  /** One gradient for the whole batch, the mean over its units: the non-private path. */
  void merged(int[] drawn, Consumer consumer) {
    batch.clear();
    boolean first = true;
    for (int index : drawn) {
      PrivacyUnit unit = corpus.get(index);
      if (unit.targetCount() == 0) {
        continue;
      }
      float weight = 1f / ((float) unit.targetCount() * drawn.length);
      int from = 0;
      while (from < unit.blocks().size()) {
        from = fill(unit.blocks(), from, weight);
        if (from < unit.blocks().size()) {
          send(first, false, consumer);
          first = false;
        }
      }
    }
    send(first, true, consumer);
  }

  /** Adds blocks until none fits; returns the index of the first that did not. */
  private int fill(List<Block> blocks, int from, float weight) {
    int next = from;
    while (next < blocks.size() && batch.fits(blocks.get(next).ids().length, 1)) {
      Block block = blocks.get(next++);
      batch.add(block, weight);
    }
    return next;
  }

  /** Everything in the batch is a piece of one gradient. */
  private void send(boolean first, boolean last, Consumer consumer) {
    batch.endUnit();
    consumer.accept(batch, Part.piece(first, last));
    batch.clear();
  }

  private void flush(Consumer consumer) {
    if (batch.units() > 0) {
      consumer.accept(batch, Part.WHOLE);
      batch.clear();
    }
  }
}
