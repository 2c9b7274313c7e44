package dev.sotto.cli;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;

/** Which backend computes. */
final class BackendArguments {
  private static final int MOST_THREADS = 1024;

  private BackendArguments() {}

  static String name(Arguments arguments) {
    return arguments.wordOr("backend", "auto", Backends.NAMES);
  }

  /** Worker threads; 0 for one per hardware thread. */
  static int threads(Arguments arguments) {
    return (int) arguments.wholeOr("threads", 0, 1, MOST_THREADS);
  }

  static Backend open(Arguments arguments) {
    return Backends.open(name(arguments), threads(arguments));
  }
}
