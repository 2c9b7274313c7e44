package dev.sotto.control;

/**
 * Constant clipping: C_k = C/√K for every pair throughout, so that the whole gradient is bounded by
 * C as in flat clipping (Abadi et al. 2016, "Deep learning with differential privacy", algorithm 1,
 * applied to each pair). Reads nothing, pays for nothing.
 */
final class ConstantController extends FixedController {
  static final String NAME = "constant";

  ConstantController(ControllerOptions options) {
    super(NAME, Decision.of(options.pairs().baseClipNorms(), options.pairs().allocation()));
  }
}
