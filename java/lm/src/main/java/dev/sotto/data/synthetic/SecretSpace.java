package dev.sotto.data.synthetic;

import dev.sotto.base.InputException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What secrets are drawn from, uniformly: sequences of decimal digits, written with blanks between
 * them so that a tokenizer sees them one by one.
 *
 * @param digits how many, 1 to 12
 */
public record SecretSpace(int digits) {
  private static final String SUFFIX = " digits";

  /**
   * Checks the length.
   *
   * @throws InputException if it is out of range
   */
  public SecretSpace {
    if (digits < 1 || digits > 12) {
      throw new InputException("a secret of " + digits + " digits; it must have 1 to 12 of them");
    }
  }

  /**
   * Reads what {@link #toString} writes.
   *
   * @param text such as {@code 6 digits}
   * @return the space
   * @throws InputException if it is no such text
   */
  public static SecretSpace parse(String text) {
    if (!text.matches("\\d{1,2}" + SUFFIX)) {
      throw new InputException("space '" + text + "' is unknown; write '6 digits'");
    }
    return new SecretSpace(Integer.parseInt(text.substring(0, text.length() - SUFFIX.length())));
  }

  /**
   * Number of secrets.
   *
   * @return 10 to the power of {@code digits}
   */
  public long size() {
    long size = 1;
    for (int i = 0; i < digits; i++) {
      size *= 10;
    }
    return size;
  }

  /**
   * Draws a secret.
   *
   * @param random where from
   * @return the digits with blanks between them
   */
  public String draw(Random random) {
    return written(random.longs(1, 0, size()).sum());
  }

  /**
   * Draws different secrets other than one.
   *
   * @param secret the one
   * @param most how many to draw; all others if there are not that many
   * @param random where from
   * @return different secrets
   */
  public List<String> others(String secret, int most, Random random) {
    if (size() - 1 <= most) {
      List<String> all = new ArrayList<>();
      for (long i = 0; i < size(); i++) {
        if (!written(i).equals(secret)) {
          all.add(written(i));
        }
      }
      return all;
    }
    Set<String> seen = new HashSet<>(Set.of(secret));
    List<String> others = new ArrayList<>();
    while (others.size() < most) {
      String other = draw(random);
      if (seen.add(other)) {
        others.add(other);
      }
    }
    return others;
  }

  /** Whether a text is a secret of this space. */
  boolean holds(String secret) {
    return secret.matches("\\d( \\d){" + (digits - 1) + "}");
  }

  private String written(long number) {
    String padded = String.format(Locale.ROOT, "%0" + digits + "d", number);
    return padded.chars().mapToObj(Character::toString).collect(Collectors.joining(" "));
  }

  @Override
  public String toString() {
    return digits + SUFFIX;
  }
}
