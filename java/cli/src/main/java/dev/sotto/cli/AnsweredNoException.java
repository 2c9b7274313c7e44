package dev.sotto.cli;

/**
 * A command did all that it was asked, and the answer is no: exit code 3, with a line that says
 * what to do, after the answer was printed. A script that checks something can rely on it.
 */
final class AnsweredNoException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AnsweredNoException(String message) {
    super(message);
  }
}
