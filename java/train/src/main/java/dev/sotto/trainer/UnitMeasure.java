package dev.sotto.trainer;

import dev.sotto.data.Block;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.model.Batch;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.SequenceScores;
import dev.sotto.model.TransformerPass;
import dev.sotto.task.LabelRange;
import dev.sotto.task.Task;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleBiFunction;

/**
 * What a privacy unit counts for in a {@link PrivateEvaluation}: a number of its own records alone,
 * which is cut off at 0 and at a public bound.
 */
public sealed interface UnitMeasure {
  /** Its name in JSON and in a ledger's settings. Never changed. */
  String key();

  /** Longest record in tokens. */
  int maxLength();

  /** What one unit counts for at most. */
  double bound();

  /**
   * What each unit counts for, not yet cut off. Private.
   *
   * @param pass planned for {@link PrivateEvaluation#capacity}
   * @param units their blocks are of at most {@link #maxLength} tokens
   * @return a number a unit, in order
   */
  double[] ofUnits(TransformerPass pass, List<PrivacyUnit> units);

  /**
   * The loss of a unit's text: 0 where it has no token to predict.
   *
   * @param bound nats per token
   */
  record NatsPerToken(int maxLength, double bound) implements UnitMeasure {
    @Override
    public String key() {
      return "nats_per_token";
    }

    @Override
    public double[] ofUnits(TransformerPass pass, List<PrivacyUnit> units) {
      PassCapacity capacity = pass.capacity();
      Batch batch = new Batch(capacity.rows(), capacity.sequences(), capacity.units());
      double[] nats = new double[units.size()];
      int[] owners = new int[capacity.rows()];
      for (int u = 0; u < nats.length; u++) {
        for (Block block : units.get(u).blocks()) {
          if (!batch.fits(block.ids().length, 1)) {
            addLosses(pass, batch, owners, nats);
          }
          Arrays.fill(owners, batch.rows(), batch.rows() + block.ids().length, u);
          batch.add(block, 0f);
          batch.endUnit();
        }
      }
      addLosses(pass, batch, owners, nats);
      for (int u = 0; u < nats.length; u++) {
        int targets = units.get(u).targetCount();
        nats[u] = targets == 0 ? 0 : nats[u] / targets;
      }
      return nats;
    }

    /** Each unit's losses in the order of its own rows, whoever else is in the batch. */
    private static void addLosses(TransformerPass pass, Batch batch, int[] owners, double[] nats) {
      if (batch.rows() > 0) {
        float[] losses = pass.losses(batch);
        for (int row = 0; row < batch.rows(); row++) {
          nats[owners[row]] += losses[row];
        }
      }
      batch.clear();
    }
  }

  /** The share of a unit's records whose class is told. */
  record Accuracy(int maxLength) implements UnitMeasure {
    @Override
    public String key() {
      return "accuracy";
    }

    @Override
    public double bound() {
      return 1;
    }

    @Override
    public double[] ofUnits(TransformerPass pass, List<PrivacyUnit> units) {
      return means(
          pass,
          units,
          (logits, label) -> Task.Classify.largest(logits) == label.intValue() ? 1 : 0);
    }
  }

  /**
   * The mean square of what a unit's numbers are told wrong by, told ones beyond the range taken to
   * its end.
   *
   * @param range of the numbers, public
   */
  record SquaredError(int maxLength, LabelRange range) implements UnitMeasure {
    @Override
    public String key() {
      return "squared_error";
    }

    @Override
    public double bound() {
      double width = range.high() - range.low();
      return width * width;
    }

    @Override
    public double[] ofUnits(TransformerPass pass, List<PrivacyUnit> units) {
      return means(
          pass,
          units,
          (logits, label) -> {
            double error = Math.max(range.low(), Math.min(range.high(), logits[0])) - label;
            return error * error;
          });
    }
  }

  /** The mean over each unit's records of what a record counts for by its logits and label. */
  private static double[] means(
      TransformerPass pass, List<PrivacyUnit> units, ToDoubleBiFunction<float[], Double> record) {
    List<Block> blocks = units.stream().flatMap(unit -> unit.blocks().stream()).toList();
    List<float[]> logits = SequenceScores.of(pass, blocks);
    double[] means = new double[units.size()];
    int next = 0;
    for (int u = 0; u < means.length; u++) {
      int records = units.get(u).blocks().size();
      for (int r = 0; r < records; r++, next++) {
        double label = blocks.get(next).label().orElseThrow();
        means[u] += record.applyAsDouble(logits.get(next), label) / records;
      }
    }
    return means;
  }
}
