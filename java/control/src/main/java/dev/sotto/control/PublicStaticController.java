package dev.sotto.control;

/**
 * Static clip norms of each pair in proportion to the gradient norms seen on public data: C_k =
 * C·p_k/‖p‖₂, p_k the median gradient norm of pair k over public records, so that ‖C‖₂ = C as in
 * constant clipping (per-layer clipping of McMahan et al. 2018, "Learning differentially private
 * recurrent language models", with the shares taken from public data). Reads nothing of the run,
 * pays for nothing.
 */
final class PublicStaticController extends FixedController {
  static final String NAME = "public-static";

  PublicStaticController(ControllerOptions options) {
    super(NAME, Decision.of(clipNorms(options), options.pairs().allocation()));
  }

  private static double[] clipNorms(ControllerOptions options) {
    if (options.pairs().publicNorms() == null) {
      throw new IllegalArgumentException(
          "controller '"
              + NAME
              + "' takes its clip norms from public data: give some with"
              + " --public-data FILE");
    }
    return options.pairs().baseClipNorms();
  }
}
