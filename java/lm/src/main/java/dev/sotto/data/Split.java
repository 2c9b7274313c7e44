package dev.sotto.data;

import dev.sotto.base.InputException;
import dev.sotto.base.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * Records divided into training and validation.
 *
 * <p>The rule is public knowledge: SHA-256 of the seed and of the record's privacy unit (of its own
 * text, and its pair's, when it has none; never of its label), read as a fraction. Each unit's side
 * depends on that unit alone, never on the number or order of the others; so adding or removing one
 * unit changes one side by that unit and leaves all else in place, which is what the neighbouring
 * relation asks for. (A split by row number would not do: removing one row moves all rows behind
 * it.) Records with equal text fall on the same side, so no training text is met again in
 * validation.
 *
 * @param train records to learn from
 * @param validation records held out; what is measured on them is still private unless they are
 *     public
 */
public record Split(List<TextRecord> train, List<TextRecord> validation) {

  /**
   * Divides records.
   *
   * @param records the records
   * @param fraction expected share of units in validation, 0 to below 1; 0 leaves it empty
   * @param seed any number; the same seed gives the same sides
   * @return both sides, each in the records' order
   * @throws InputException if the fraction is out of range
   */
  public static Split byUnit(List<TextRecord> records, double fraction, long seed) {
    if (!(fraction >= 0) || fraction >= 1) {
      throw new InputException("validation fraction is " + fraction + "; it must be in [0, 1)");
    }
    List<TextRecord> train = new ArrayList<>();
    List<TextRecord> validation = new ArrayList<>();
    for (TextRecord record : records) {
      (position(record, seed) < fraction ? validation : train).add(record);
    }
    return new Split(train, validation);
  }

  /** Place of a record's unit in [0, 1). */
  private static double position(TextRecord record, long seed) {
    MessageDigest digest = Sha256.digest();
    digest.update(ByteBuffer.allocate(8).putLong(seed).flip());
    if (record.unit() != null) {
      digest.update((byte) 1);
      digest.update(record.unit().getBytes(StandardCharsets.UTF_8));
    } else {
      digest.update((byte) 2);
      String prompt = record.prompt() == null ? "" : record.prompt();
      digest.update(prompt.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      digest.update(record.text().getBytes(StandardCharsets.UTF_8));
      record
          .pair()
          .ifPresent(
              pair -> {
                digest.update((byte) 0);
                digest.update(pair.getBytes(StandardCharsets.UTF_8));
              });
    }
    // 53 bits, so that the conversion to double is exact and stays below 1.
    return (ByteBuffer.wrap(digest.digest()).getLong() >>> 11) * 0x1p-53;
  }
}
