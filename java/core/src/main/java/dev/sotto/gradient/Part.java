package dev.sotto.gradient;

/**
 * What a pass brings of the units of a micro-batch: a unit too long for one pass goes through
 * alone, in pieces whose gradients are added before the norm is taken.
 */
public enum Part {
  /** All of each unit. */
  WHOLE,
  /** The first piece of a single unit; more follow. */
  FIRST,
  /** A further piece of the unit that is already here; more follow. */
  MIDDLE,
  /** The last piece of the unit that is already here. */
  LAST;

  /** A piece of a single unit. */
  public static Part piece(boolean first, boolean last) {
    if (first) {
      return last ? WHOLE : FIRST;
    }
    return last ? LAST : MIDDLE;
  }

  /** Whether it adds to what is already here. */
  public boolean accumulates() {
    return this == MIDDLE || this == LAST;
  }

  /** Whether the units' gradients are complete with it. */
  public boolean completes() {
    return this == WHOLE || this == LAST;
  }
}
