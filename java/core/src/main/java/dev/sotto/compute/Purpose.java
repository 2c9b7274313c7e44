package dev.sotto.compute;

/** What a backend computes on, chosen when it is opened and the same until it is closed. */
public enum Purpose {
  /**
   * Records to protect, the default. A row of a product has the same bits whatever other rows stand
   * beside it, which the sensitivity of a clipped sum rests on: products come from the built-in
   * GEMM, or from a BLAS that was asked for and has passed a self-test with every matrix it is used
   * for.
   */
  PRIVATE,

  /** Anything else: products come from any BLAS, and rows may depend on how many there are. */
  PUBLIC;

  /**
   * Refuses a backend on which a unit's term could depend on other units.
   *
   * @throws IllegalArgumentException unless the backend was opened for private records
   */
  public static void requirePrivate(Backend backend) {
    if (backend.purpose() != PRIVATE) {
      throw new IllegalArgumentException(
          "a backend for public data cannot hold what private records give: open it with"
              + " Purpose.PRIVATE");
    }
  }
}
