package dev.sotto.accounting;

/**
 * One scalar released with Laplace noise of density exp(-|x|/scale) / (2 scale). A vector is not
 * covered: release each coordinate as an event of its own.
 *
 * @param sensitivity by how much one privacy unit can move the scalar
 * @param scale the scale of the noise, in the same unit
 */
public record LaplaceEvent(double sensitivity, double scale) implements PrivacyEvent {
  /** Checks that both numbers are finite and above 0. */
  public LaplaceEvent {
    Checks.positive(sensitivity, "sensitivity of a Laplace event");
    Checks.positive(scale, "scale of a Laplace event");
    Checks.positive(scale / sensitivity, "scale over sensitivity of a Laplace event");
  }
}
