package dev.sotto.task;

import dev.sotto.compute.Pooling;
import dev.sotto.data.TextRecord;
import dev.sotto.model.ClassifierOptions;
import dev.sotto.model.ClassifierSpec.Objective;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a model is to do with a text: go on with it, tell its class, or tell a number. */
public sealed interface Task {
  /** The text itself is learned. */
  record Generate() implements Task {}

  /**
   * A text, or a pair, has one of several classes.
   *
   * @param labels the classes
   */
  record Classify(Labels labels) implements Scored {
    @Override
    public ClassifierOptions head(Optional<Pooling> pooling) {
      return new ClassifierOptions(labels.size(), Objective.CLASSES, pooling);
    }

    @Override
    public double[] targets(List<TextRecord> records) {
      return Arrays.stream(labels.ids(records)).asDoubleStream().toArray();
    }

    @Override
    public Map<Metric, Estimate> measure(List<float[]> logits, double[] targets) {
      int[] told = logits.stream().mapToInt(Classify::largest).toArray();
      int[] truth = Arrays.stream(targets).mapToInt(target -> (int) target).toArray();
      return Metric.ofClasses(told, truth, labels.size());
    }

    /** The class with the largest logit, the first of equal ones. */
    public static int largest(float[] logits) {
      int best = 0;
      for (int k = 1; k < logits.length; k++) {
        if (logits[k] > logits[best]) {
          best = k;
        }
      }
      return best;
    }
  }

  /**
   * A text, or a pair, has a number.
   *
   * @param range what the numbers lie in
   */
  record Regress(LabelRange range) implements Scored {
    @Override
    public ClassifierOptions head(Optional<Pooling> pooling) {
      return new ClassifierOptions(1, Objective.NUMBER, pooling);
    }

    @Override
    public double[] targets(List<TextRecord> records) {
      return range.values(records);
    }

    @Override
    public Map<Metric, Estimate> measure(List<float[]> logits, double[] targets) {
      double[] told = logits.stream().mapToDouble(logit -> logit[0]).toArray();
      return new EnumMap<>(Metric.ofScores(told, targets));
    }
  }

  /** A task whose records have labels. */
  sealed interface Scored extends Task {
    /** The head that a model needs for it. */
    ClassifierOptions head(Optional<Pooling> pooling);

    /**
     * What the records' labels stand for: ids of classes, or numbers.
     *
     * @throws dev.sotto.base.InputException at the first label that stands for nothing, without
     *     printing it
     */
    double[] targets(List<TextRecord> records);

    /**
     * How well sequences were scored. Exact: of private records it is private.
     *
     * @param logits of each record
     * @param targets of each, from {@link #targets}
     */
    Map<Metric, Estimate> measure(List<float[]> logits, double[] targets);
  }
}
