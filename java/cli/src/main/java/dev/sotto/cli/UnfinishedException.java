package dev.sotto.cli;

/**
 * A command did what it could, but not all: exit code 1, with a line that says what is left, and no
 * talk of a defect.
 */
final class UnfinishedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnfinishedException(String message) {
    super(message);
  }
}
