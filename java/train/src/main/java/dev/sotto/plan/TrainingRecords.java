package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.data.DataColumns;
import dev.sotto.data.PublicFile;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.Split;
import dev.sotto.data.TextRecord;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The records of a run as they stand in its files, before any is framed or tokenised.
 *
 * @param train private
 * @param validation public; empty when there is none
 * @param validationName where those stand
 * @param publicData file of further public records; empty for none
 * @param publicRecords public; what it holds
 */
record TrainingRecords(
    List<TextRecord> train,
    List<TextRecord> validation,
    String validationName,
    Optional<Path> publicData,
    List<TextRecord> publicRecords) {
  private static final long SPLIT_SEED = 0;

  /**
   * Reads. Whether a public record also stands in the private file is not looked at: it would be
   * private.
   *
   * @param publicData further public records; empty for none
   * @throws InputException if a file is wrong, or one named as public is the private one
   */
  static TrainingRecords read(DataOptions options, Optional<Path> publicData) {
    options.validation().ifPresent(file -> PublicFile.requireOther(file, options.train()));
    publicData.ifPresent(file -> PublicFile.requireOther(file, options.train()));
    List<TextRecord> train = records(options, options.train(), options.columns());
    List<TextRecord> validation = List.of();
    String name = options.validation().map(Path::toString).orElse("");
    DataColumns publicColumns = options.columns().withUnit(null);
    if (options.validation().isPresent()) {
      validation = records(options, options.validation().get(), publicColumns);
    } else if (options.validationFraction() > 0) {
      Split split = Split.byUnit(train, options.validationFraction(), SPLIT_SEED);
      train = split.train();
      validation = split.validation();
      name = "the validation fraction of " + options.train();
      if (train.isEmpty() || validation.isEmpty()) {
        throw new InputException(
            options.train()
                + ": too few records for a validation fraction of "
                + options.validationFraction()
                + "; choose another or give a validation file");
      }
    }
    List<TextRecord> open =
        publicData.map(file -> records(options, file, publicColumns)).orElse(List.of());
    return new TrainingRecords(train, validation, name, publicData, open);
  }

  private static List<TextRecord> records(DataOptions options, Path file, DataColumns columns) {
    return RecordFiles.read(file, columns, options.reading());
  }

  /** Says nothing of the content, so that no log or message can. */
  @Override
  public String toString() {
    return "TrainingRecords[private]";
  }
}
