package dev.sotto.control;

/**
 * AUTO-S: every unit's gradient is normalised, ḡ_k = g_k · C_k/(‖g_k‖ + γ) with C_k = C/√K and γ =
 * 0.01, instead of cut off at a threshold (Bu, Wang, Zha and Karypis 2023, "Automatic clipping:
 * differentially private deep learning made easier and stronger", their AUTO-S and the γ they use
 * throughout). C then only scales gradient and noise together, so there is nothing to adapt. Reads
 * nothing, pays for nothing: ‖ḡ_k‖ &lt; C_k as with plain clipping.
 */
final class AutoSController extends FixedController {
  static final String NAME = "auto-s";

  static final double STABILIZER = 0.01;

  AutoSController(ControllerOptions options) {
    super(
        NAME,
        new Decision(options.pairs().baseClipNorms(), STABILIZER, options.pairs().allocation(), 1));
  }
}
