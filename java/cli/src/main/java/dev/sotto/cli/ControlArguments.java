package dev.sotto.cli;

import dev.sotto.base.InputException;
import dev.sotto.cli.Arguments.Interval;
import dev.sotto.control.Controllers;
import dev.sotto.plan.ControlOptions;
import java.util.List;

/** Who chooses clip norms and noise during a run. */
final class ControlArguments {
  static final String CONTROLLER = "controller";

  private static final String ADAPT_NOISE = "adapt-noise";
  private static final int DEFAULT_INTERVAL = 5;
  private static final double DEFAULT_COST = 0.01;
  private static final double DEFAULT_BOUND = 10;
  private static final List<String> NEED_CONTROLLER =
      List.of(
          "control-interval",
          ADAPT_NOISE,
          "controller-from",
          "clip-base",
          "public-data",
          "statistics-cost",
          "loss-bound",
          "reward");

  private ControlArguments() {}

  static OptionTable addTo(OptionTable table) {
    return table
        .section("Control")
        .value(
            CONTROLLER,
            "NAME",
            "chooses each adapter's clip norm: " + String.join(", ", Controllers.names()))
        .value("control-interval", "N", "steps between its decisions; default: 5")
        .flag(ADAPT_NOISE, "let it choose the noise too, under a Renyi filter: costs tightness")
        .value("controller-from", "FILE", "policy.json of another run to start from")
        .value(
            "clip-base",
            "KIND",
            "clip norms it moves about: equal (default), or public: as gradient norms on public records")
        .value(
            "public-data",
            "FILE",
            "PUBLIC records, without any protection, for such clip norms; default: the validation data")
        .value("reward", "KIND", "validation (default where given) or private-loss")
        .value(
            "statistics-cost",
            "X",
            "relative rise of noise that pays for statistics; default: 0.01")
        .value("loss-bound", "L", "nats per token where a unit's loss is cut off; default: 10");
  }

  /** Null without a controller. */
  static ControlOptions control(Arguments arguments) {
    if (!arguments.has(CONTROLLER)) {
      for (String option : NEED_CONTROLLER) {
        if (arguments.has(option)) {
          throw new InputException(
              "--" + option + " is for a run with --controller; leave it out, or choose one");
        }
      }
      return null;
    }
    arguments.refuseTogether(CONTROLLER, "clipping");
    String name = arguments.wordOr(CONTROLLER, null, Controllers.names());
    boolean adaptNoise = arguments.has(ADAPT_NOISE);
    if (adaptNoise) {
      // The filter's account is the only one that holds.
      arguments.refuseTogether(ADAPT_NOISE, "accountant");
    }
    return new ControlOptions(
        name,
        arguments.intOr("control-interval", DEFAULT_INTERVAL, 1),
        adaptNoise,
        arguments.pathOr("controller-from", null),
        arguments.wordOr("clip-base", "equal", List.of("equal", "public")).equals("public"),
        arguments.pathOr("public-data", null),
        arguments.numberOr("statistics-cost", DEFAULT_COST, Interval.POSITIVE),
        arguments.numberOr("loss-bound", DEFAULT_BOUND, Interval.POSITIVE),
        arguments
            .wordOr("reward", "validation", List.of("validation", "private-loss"))
            .equals("private-loss"));
  }
}
