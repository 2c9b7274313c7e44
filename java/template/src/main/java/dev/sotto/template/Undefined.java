package dev.sotto.template;

/**
 * What a name, attribute or item that is not there evaluates to: prints as nothing, is false and
 * empty, and fails when anything else is asked of it.
 *
 * @param message what is said then
 */
record Undefined(String message) {
  static Undefined name(String name) {
    return new Undefined("'" + name + "' is undefined");
  }

  static Undefined member(Object of, Object name) {
    return new Undefined(
        name instanceof String text
            ? "'" + Types.nameOf(of) + " object' has no attribute '" + text + "'"
            : Types.nameOf(of) + " object has no element " + Printing.repr(name));
  }

  /** An attribute that the sandbox does not give out. */
  static Undefined unsafe(Object of, String name) {
    return new Undefined(
        "access to attribute '" + name + "' of '" + Types.nameOf(of) + "' object is unsafe.");
  }

  EvaluationFailure failure() {
    return EvaluationFailure.of(message);
  }
}
