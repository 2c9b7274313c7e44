package dev.sotto.model;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.PrivacyUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * What the first trained layer of a head sees of each sequence of a corpus: one vector, computed
 * once by all that comes before, which does not change while the head is trained alone. Each is a
 * function of its sequence alone; nothing is centred or scaled by what the corpus holds. Private
 * like the corpus: they stay in memory.
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
    int channels = width(model);
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
    SequenceScores.features(
        pass, blocks, vector -> vectors.slice(channels * done[0]++, channels).upload(vector));
    return new Features(vectors, new Corpus(units), count);
  }

  /** Cin: channels that the first trained layer of a model's head sees. */
  static int width(LanguageModel model) {
    ClassifierSpec spec = (ClassifierSpec) model.config().head();
    return spec.layers().get(HeadLayers.firstTrained(spec)).in();
  }

  /** The units, whose blocks name rows of {@link #vectors}. */
  public Corpus corpus() {
    return corpus;
  }

  /** [{@link #count}, Cin], device. */
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
