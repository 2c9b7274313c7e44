package dev.sotto.cli;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.Purpose;
import dev.sotto.model.Precision;

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

  /** Adds {@code --precision} to the current section. */
  static OptionTable addPrecision(OptionTable table) {
    return table.value(
        "precision", "NAME", "of frozen matrices: f32 or bf16; default: bf16 on cuda, else f32");
  }

  /** Null for the backend's default. */
  static Precision precision(Arguments arguments) {
    return arguments.has("precision") ? arguments.choiceOr("precision", Precision.F32) : null;
  }

  static Backend open(Arguments arguments, Purpose purpose) {
    return Backends.open(name(arguments), threads(arguments), purpose);
  }
}
