package dev.sotto.cli;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.base.InputException;
import dev.sotto.cli.Arguments.Interval;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noisefile.NoiseFile;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.OptimizerOptions;
import dev.sotto.plan.NoiseChoice;
import dev.sotto.plan.PrivacyOptions;
import dev.sotto.plan.TrainingOptions;
import java.util.List;

/**
 * The guarantee and the schedule of a run: the same options, with the same defaults, for planning
 * and for doing.
 */
final class TrainingArguments {
  static final double DEFAULT_EPSILON = 8;
  private static final double DEFAULT_BATCH = 256;
  private static final double DEFAULT_EPOCHS = 3;
  private static final double DEFAULT_RATE = 1e-3;
  private static final double DEFAULT_MOMENTUM = 0.9;
  private static final int DEFAULT_MICRO_BATCH = 2048;
  private static final int DEFAULT_CHECKPOINT = 10;
  private static final String LMO = "lmo";
  private static final long MOST_STEPS = 10_000_000;

  private enum ClippingKind {
    FLAT,
    PER_ADAPTER
  }

  private TrainingArguments() {}

  /** The target and its accountant. */
  static OptionTable addTarget(OptionTable table) {
    return table
        .value("delta", "D", "target delta; default: the smaller of 1e-5 and 1/(10N)")
        .value("accountant", "NAME", "pld (default, tight) or rdp")
        .value("clip-norm", "C", "L2 bound on a unit's gradient; default: 1");
  }

  /** How often units are drawn, and for how long. */
  static OptionTable addSchedule(OptionTable table) {
    return table
        .value("batch-size", "B", "expected batch in privacy units; default: 256")
        .value("sampling-rate", "Q", "instead: probability of each unit to be in a batch")
        .value("epochs", "E", "expected passes over the data; default: 3")
        .value("steps", "T", "instead: number of steps");
  }

  /** The rest of the mechanism. */
  static OptionTable addClipping(OptionTable table) {
    return table
        .value("clipping", "KIND", "flat (default) or per-adapter: each LoRA pair by itself")
        .value(
            "noise-allocation",
            "KIND",
            "among pairs: uniform (default), proportional or minimum-variance");
  }

  /** Which noise. */
  static OptionTable addNoise(OptionTable table) {
    return table
        .value("mechanism", "NAME", "noise: gaussian (default), laplace or lmo")
        .value("noise", "FILE", "law of lmo noise, as 'sotto search-noise' writes it");
  }

  /** Optimizer and memory. */
  static OptionTable addOptimizer(OptionTable table) {
    return table
        .value("optimizer", "NAME", "adamw (default) or sgd")
        .value("learning-rate", "R", "peak rate; default: 1e-3")
        .value("decay", "KIND", "after the warm-up: linear (default), cosine or constant")
        .value("warmup-steps", "N", "steps of linear rise; default: 0")
        .value("weight-decay", "X", "decoupled weight decay; default: 0")
        .value("momentum", "X", "of sgd; default: 0.9")
        .value("micro-batch-tokens", "N", "tokens at a time, bounds the memory; default: 2048")
        .value("checkpoint-every", "N", "steps between checkpoints; default: 10");
  }

  static PrivacyOptions privacy(Arguments arguments, double epsilon) {
    return new PrivacyOptions(
        epsilon,
        arguments.numberOr("delta", 0, Interval.DELTA),
        arguments.wordOr("accountant", "pld", AccountCommand.ACCOUNTANTS),
        arguments.choiceOr("clipping", ClippingKind.FLAT) == ClippingKind.PER_ADAPTER,
        arguments.numberOr("clip-norm", 1, Interval.POSITIVE),
        arguments.choiceOr("noise-allocation", NoiseAllocation.UNIFORM),
        noise(arguments));
  }

  private static NoiseChoice noise(Arguments arguments) {
    String mechanism =
        arguments.wordOr("mechanism", "gaussian", List.of("gaussian", "laplace", LMO));
    boolean paper =
        arguments.wordOr("accounting", "exact", List.of("exact", "paper")).equals("paper");
    for (String option : paper ? List.of("noise", "accounting") : List.of("noise")) {
      if (!mechanism.equals(LMO) && arguments.has(option)) {
        throw new InputException(
            "--"
                + option
                + " "
                + arguments.text(option)
                + " is for --mechanism lmo; leave it out, or choose lmo");
      }
    }
    if (paper) {
      // There is no choice of account left, nor an account.
      arguments.refuseTogether("accounting", "accountant");
    }
    if (mechanism.equals(LMO)) {
      LmoNoise law = NoiseFile.read(arguments.path("noise"));
      return paper ? NoiseChoice.paper(law) : NoiseChoice.lmo(law);
    }
    return mechanism.equals("laplace") ? NoiseChoice.laplace() : NoiseChoice.gaussian();
  }

  static TrainingOptions training(Arguments arguments) {
    arguments.refuseTogether("batch-size", "sampling-rate");
    arguments.refuseTogether("epochs", "steps");
    double q = arguments.numberOr("sampling-rate", 0, Interval.PROBABILITY);
    OptimizerOptions.Kind kind = arguments.choiceOr("optimizer", OptimizerOptions.Kind.ADAMW);
    if (arguments.has("momentum") && kind != OptimizerOptions.Kind.SGD) {
      throw new InputException("--momentum is for --optimizer sgd; leave it out, or choose sgd");
    }
    double momentum =
        kind == OptimizerOptions.Kind.SGD
            ? arguments.numberOr("momentum", DEFAULT_MOMENTUM, Interval.FRACTION)
            : 0;
    return new TrainingOptions(
        q > 0 ? 0 : arguments.numberOr("batch-size", DEFAULT_BATCH, Interval.POSITIVE),
        q,
        arguments.wholeOr("steps", 0, 1, MOST_STEPS),
        arguments.has("steps")
            ? 0
            : arguments.numberOr("epochs", DEFAULT_EPOCHS, Interval.POSITIVE),
        new OptimizerOptions(
            kind, momentum, arguments.numberOr("weight-decay", 0, Interval.NOT_NEGATIVE)),
        arguments.numberOr("learning-rate", DEFAULT_RATE, Interval.POSITIVE),
        arguments.wholeOr("warmup-steps", 0, 0, MOST_STEPS),
        arguments.choiceOr("decay", LearningRate.Decay.LINEAR),
        arguments.intOr("micro-batch-tokens", DEFAULT_MICRO_BATCH, 1),
        arguments.intOr("checkpoint-every", DEFAULT_CHECKPOINT, 1));
  }
}
