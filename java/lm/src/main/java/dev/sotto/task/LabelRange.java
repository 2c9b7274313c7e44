package dev.sotto.task;

import dev.sotto.base.InputException;
import dev.sotto.data.TextRecord;
import java.math.BigDecimal;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The range of the numbers that a regression is to tell: public and given, since the smallest and
 * largest of private records are private.
 *
 * @param low the least, finite
 * @param high the greatest, finite and above {@code low}
 */
public record LabelRange(double low, double high) {
  private static final String NUMBER = "[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d{1,3})?";
  private static final Pattern DECIMAL = Pattern.compile(NUMBER);
  private static final Pattern RANGE = Pattern.compile("(" + NUMBER + "):(" + NUMBER + ")");

  /**
   * Checks the ends.
   *
   * @throws InputException if they are not finite or not in order
   */
  public LabelRange {
    if (!Double.isFinite(low)
        || !Double.isFinite(high)
        || !Double.isFinite(high - low)
        || !(low < high)) {
      throw new InputException(
          "label range " + low + ":" + high + " is empty or endless; give LOW:HIGH, as 0:5");
    }
  }

  /**
   * Reads {@code LOW:HIGH}.
   *
   * @throws InputException if it is nothing of that form, or empty
   */
  public static LabelRange parse(String text) {
    Matcher ends = RANGE.matcher(text.strip());
    if (!ends.matches()) {
      throw new InputException("label range '" + text + "' is not LOW:HIGH; give one, as 0:5");
    }
    return new LabelRange(Double.parseDouble(ends.group(1)), Double.parseDouble(ends.group(2)));
  }

  /**
   * The numbers of records.
   *
   * @param records all with a label
   * @return their labels as numbers, each within the range, in the records' order
   * @throws InputException at the first label that is no number or is out of range, without
   *     printing it
   */
  public double[] values(List<TextRecord> records) {
    return records.stream().map(Labels::label).mapToDouble(this::value).toArray();
  }

  private double value(TextRecord.Label label) {
    if (!DECIMAL.matcher(label.text()).matches()) {
      throw new InputException(
          label.place() + ": the label is not a number; correct it, or classify instead");
    }
    double value = Double.parseDouble(label.text());
    if (!(value >= low && value <= high)) {
      throw new InputException(
          label.place()
              + ": the label is outside "
              + this
              + "; correct it, or give a wider --label-range");
    }
    return value;
  }

  /** As it is given: {@code LOW:HIGH}. */
  @Override
  public String toString() {
    return plain(low) + ":" + plain(high);
  }

  private static String plain(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }
}
