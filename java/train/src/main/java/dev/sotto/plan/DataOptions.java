package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.data.DataColumns;
import dev.sotto.data.RecordOptions;
import java.nio.file.Path;

/**
 * What to train on.
 *
 * @param train private records
 * @param validation public records to report perplexity on, or null
 * @param validationFraction share of the training file's units set aside and declared public, in
 *     [0, 1); 0 for none
 * @param columns where the text is
 * @param reading what a record of a text file is, and whether messages may quote records
 * @param separator between prompt and completion
 * @param maxLength longest block in tokens; longer records become several blocks of one unit
 * @param maxBlocksPerUnit blocks a unit may have; what is beyond is dropped
 * @param publicSize the number of privacy units as public knowledge; 0 to take it from the file and
 *     treat it as public
 */
public record DataOptions(
    Path train,
    Path validation,
    double validationFraction,
    DataColumns columns,
    RecordOptions reading,
    String separator,
    int maxLength,
    int maxBlocksPerUnit,
    long publicSize) {
  /** Checks the values. */
  public DataOptions {
    if (!(validationFraction >= 0) || validationFraction >= 1) {
      throw new InputException("validation fraction " + validationFraction + " is not in [0, 1)");
    }
    if (validation != null && validationFraction > 0) {
      throw new InputException("give a validation file or a validation fraction, not both");
    }
    if (publicSize < 0) {
      throw new InputException("public size " + publicSize + " is negative");
    }
  }
}
