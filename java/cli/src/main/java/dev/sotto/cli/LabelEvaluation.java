package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.base.InputException;
import dev.sotto.compute.Purpose;
import dev.sotto.data.Block;
import dev.sotto.data.DataColumns;
import dev.sotto.data.Documents;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.TextRecord;
import dev.sotto.model.SequenceScores;
import dev.sotto.model.TransformerPass;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.ScoreRows;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;
import dev.sotto.settings.Values;
import dev.sotto.task.Task;
import dev.sotto.trainer.UnitMeasure;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** How well a model tells the labels of a file: exactly, or under noise. */
final class LabelEvaluation {
  private LabelEvaluation() {}

  /** Measures and prints. */
  static void run(Values values, Path data, Optional<Integer> maxLength, Console console) {
    boolean privately = PrivateMeasurement.check(values);
    DataColumns columns = PrivateMeasurement.columns(values);
    if (columns.label().isEmpty()) {
      throw new InputException(
          "this adapter tells labels; name the column of the true ones by --label-column");
    }
    Purpose purpose = privately ? Purpose.PRIVATE : Purpose.PUBLIC;
    try (ScoringModel scoring = ScoringModel.open(values, purpose, maxLength)) {
      List<TextRecord> records = RecordFiles.read(data, columns, DataOptions.reading(values));
      Documents documents = scoring.sequences().documents(records);
      if (privately) {
        PrivateMeasurement.release(
            values, scoring.loaded(), documents.units(records), measure(scoring), console);
        return;
      }
      if (documents.cutOff() > 0) {
        console.note(
            "data      "
                + Figures.count(records.size(), "record")
                + DataWords.lost(documents.cutOff(), 0, scoring.maxLength()));
      }
      List<float[]> scores;
      try (TransformerPass pass = scoring.pass()) {
        scores = SequenceScores.of(pass, documents.blocks());
      }
      double[] targets = documents.blocks().stream().mapToDouble(LabelEvaluation::label).toArray();
      Report report = new Report();
      ScoreRows.add(report, scoring.task().measure(scores, targets));
      report.row("records", Fact.count("records", records.size()));
      console.print(report);
    }
  }

  /** What of the task is a mean of bounded terms, so that one unit moves it by little. */
  private static UnitMeasure measure(ScoringModel scoring) {
    return scoring.task() instanceof Task.Regress regress
        ? new UnitMeasure.SquaredError(scoring.maxLength(), regress.range())
        : new UnitMeasure.Accuracy(scoring.maxLength());
  }

  private static double label(Block block) {
    return block.label().orElseThrow();
  }
}
