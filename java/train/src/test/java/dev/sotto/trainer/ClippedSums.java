package dev.sotto.trainer;

import dev.sotto.clip.BatchStatistics;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.clip.MicroBatch;
import dev.sotto.clip.UnitClip;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.TransformerPass;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/** The path of a private step up to the mechanism, with the exact sum laid open for tests. */
record ClippedSums(LanguageModel model, LoraAdapters lora, Clipping clipping) {
  double[] of(List<PrivacyUnit> units, PassCapacity capacity) {
    return of(units, IntStream.range(0, units.size()).toArray(), capacity);
  }

  double[] of(List<PrivacyUnit> units, int[] drawn, PassCapacity capacity) {
    return of(units, drawn, capacity, UnitClip::stored).gradient();
  }

  /** Both exact sums of a step, through a form of the clip. */
  Sums of(
      List<PrivacyUnit> units,
      int[] drawn,
      PassCapacity capacity,
      BiFunction<ClippedGradSum, Integer, UnitClip> form) {
    BatchStatistics statistics = new BatchStatistics(clipping.clipNorms().length, 6);
    statistics.reset(clipping, lora.layout());
    UnitLosses unitLosses = new UnitLosses();
    try (TransformerPass pass = new TransformerPass(model, lora, capacity);
        ClippedGradSum sum =
            new ClippedGradSum(model.backend(), lora.layout(), capacity.units(), clipping);
        UnitClip clip = form.apply(sum, capacity.units())) {
      new MicroBatches(units, capacity)
          .forEach(
              drawn,
              (batch, part) -> {
                try (MicroBatch micro = clip.open(batch.units(), part)) {
                  unitLosses.add(batch, pass.forwardBackward(batch, micro));
                }
                if (part.completes()) {
                  statistics.add(clip.norms(), unitLosses.take());
                }
              });
      int d = (int) sum.parameters();
      return new Sums(sum.exactSum().value().downloadDoubles(d), statistics.exactSums().value());
    }
  }

  /** The exact sums of gradients [d] and of statistics [K + 1]. */
  record Sums(double[] gradient, double[] statistics) {}

  /** Room for every unit of these tests at once. */
  static PassCapacity wide(int units) {
    return PassCapacity.train(40 * units, 3 * units, units, TinyModel.MAX_LENGTH);
  }
}
