package dev.sotto.model;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.PrivacyUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * What a head sees of each sequence of a corpus: one pooled vector, computed once by the frozen
 * model. Each is a function of its sequence alone; nothing is centred or scaled by what the corpus
 * holds. Private like the corpus: they stay in memory.
 *
 * <p>The units of {@link #corpus} are those of the original, each block one id: its vector's row.
 */
public final class Features implements AutoCloseable {
  private final DeviceBuffer vectors;
  private final Corpus corpus;
  private final int count;

  private Features(DeviceBuffer vectors, Corpus corpus, int count) {
    this.vectors = vectors;
    this.corpus = corpus;
    this.count = count;
  }

  /**
   * Computes the vectors.
   *
   * @param pass planned for {@link SequenceScores#capacity}, of a model with a head that scores
   *     sequences
   * @param corpus labelled sequences
   */
  public static Features of(TransformerPass pass, Corpus corpus) {
    LanguageModel model = pass.model();
    int channels = model.config().hiddenSize();
    int count = Math.toIntExact(corpus.blockCount());
    DeviceBuffer vectors =
        model.backend().allocate(ElementType.F32, Math.max(1L, count) * channels);
    vectors.zero();
    List<Block> blocks = new ArrayList<>();
    List<PrivacyUnit> units = new ArrayList<>();
    for (PrivacyUnit unit : corpus.units()) {
      List<Block> rows = new ArrayList<>();
      for (Block block : unit.blocks()) {
        int row = blocks.size();
        blocks.add(block);
        rows.add(Block.labelled(new int[] {row}, new int[0], block.label().getAsDouble()));
      }
      units.add(new PrivacyUnit(rows));
    }
    long[] done = {0};
    SequenceScores.pooled(
        pass, blocks, vector -> vectors.slice(channels * done[0]++, channels).upload(vector));
    return new Features(vectors, new Corpus(units), count);
  }

  /** The units, whose blocks name rows of {@link #vectors}. */
  public Corpus corpus() {
    return corpus;
  }

  /** [{@link #count}, C], device. */
  DeviceBuffer vectors() {
    return vectors;
  }

  /** How many vectors there are; at least 1 in memory. */
  int count() {
    return Math.max(1, count);
  }

  @Override
  public void close() {
    vectors.close();
  }

  /** Says nothing of the content, so that no log or message can. */
  @Override
  public String toString() {
    return "Features[private]";
  }
}
