package dev.sotto.data;

import java.util.function.Supplier;

/**
 * Input of the user that cannot be used: a file that is missing, malformed or inconsistent, or a
 * setting out of range. An {@link IllegalArgumentException} is something else: a mistake of the
 * calling code.
 *
 * <p>The message is one line that names the file, the place and the fix, and of settings the value.
 * Of a file of records it names line, column number or byte and the kind of fault, and quotes
 * nothing that the file holds unless {@link RecordOptions#showValues}. The command line prints the
 * message as it stands and exits with code 2.
 */
public class InputException extends RuntimeException {

  /**
   * Makes the exception.
   *
   * @param message one line naming the file, the value and the fix
   */
  public InputException(String message) {
    super(message);
  }

  /**
   * Makes the exception with the failure behind it.
   *
   * @param message one line naming the file, the value and the fix
   * @param cause what went wrong underneath; must not carry text of a private record either
   */
  public InputException(String message, Throwable cause) {
    super(message, cause);
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
