package dev.sotto.template;

/** Python's None: a value, other than {@link Undefined}. */
enum None {
  NONE
}
