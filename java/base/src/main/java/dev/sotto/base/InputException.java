package dev.sotto.base;

import java.util.function.Supplier;

/**
 * Input of the user that cannot be used: a file that is missing, malformed or inconsistent, or a
 * setting out of range. An {@link IllegalArgumentException} is something else: a mistake of the
 * calling code.
 *
 * <p>The message is one line that names the file, the place and the fix, and of settings the value.
 * Of a file of records it names line, column number or byte and the kind of fault, and quotes
 * nothing that the file holds unless the user asked for it. What a file has put into it can neither
 * end the line nor steer a terminal: line ends become blanks, other control characters are spelled
 * out, and an overlong message is cut. The command line prints the message as it stands and exits
 * with code 2.
 */
public class InputException extends RuntimeException {
  /** More than a person reads. A message that quotes a damaged file would have no bound. */
  private static final int LONGEST = 2000;

  /**
   * Makes the exception.
   *
   * @param message one line naming the file, the value and the fix
   */
  public InputException(String message) {
    super(oneLine(message));
  }

  /**
   * Makes the exception with the failure behind it.
   *
   * @param message one line naming the file, the value and the fix
   * @param cause what went wrong underneath; must not carry text of a private record either
   */
  public InputException(String message, Throwable cause) {
    super(oneLine(message), cause);
  }

  private static String oneLine(String message) {
    String text = String.valueOf(message);
    // Cut first: the pattern takes a time that grows with the square of a run of blanks.
    String line =
        text.substring(0, Math.min(text.length(), LONGEST)).replaceAll("\\s*\\R\\s*", " ");
    StringBuilder plain = new StringBuilder();
    line.codePoints()
        .forEach(
            c -> plain.append(steers(c) ? String.format("\\u%04x", c) : Character.toString(c)));
    return text.length() <= LONGEST && plain.length() <= LONGEST
        ? plain.toString()
        : plain.substring(0, Math.min(plain.length(), LONGEST - 3)) + "...";
  }

  /** Control characters, and those that change the direction of what follows. */
  private static boolean steers(int c) {
    return Character.isISOControl(c)
        || (c >= 0x202A && c <= 0x202E)
        || (c >= 0x2066 && c <= 0x2069);
  }

  /**
   * Hands the user's settings to code that knows no users, such as accounting: what its argument
   * checks refuse is bad input.
   *
   * @param <T> what is made of the settings
   * @param call hands on settings and nothing else, so that a refusal can only mean them
   * @return its result
   * @throws InputException with the message of the refusal
   */
  public static <T> T ifRefused(Supplier<T> call) {
    try {
      return call.get();
    } catch (NumberFormatException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new InputException(e.getMessage(), e);
    }
  }
}
