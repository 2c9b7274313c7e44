package dev.sotto.control;

import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A uniform action in every interval, over the same range as the learners': C_k = C̄·4^u, u uniform
 * on (-1, 1), each pair by itself, and likewise the noise where it is adapted. What a learner must
 * beat to have learned anything. Reads nothing, pays for nothing.
 */
final class RandomController implements Controller {
  static final String NAME = "random";

  private final Actions actions;
  private final long seed;
  private long decisions;

  RandomController(ControllerOptions options) {
    actions = new Actions(options);
    seed = options.seed();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean usesStatistics() {
    return false;
  }

  @Override
  public Decision first() {
    return draw();
  }

  @Override
  public Decision next(Observation observation) {
    return draw();
  }

  private Decision draw() {
    // Each decision has a stream of its own, so that their number is the whole state. Mixed and
    // split, since the streams of neighbouring seeds and decisions would overlap.
    long mixed = new SplittableRandom(seed).nextLong();
    SplittableRandom random = new SplittableRandom(mixed + ++decisions).split();
    double[] action = new double[actions.size()];
    Arrays.setAll(action, k -> 2 * random.nextDouble() - 1);
    return actions.decision(action);
  }

  @Override
  public void last(Observation observation) {}

  @Override
  public ControllerState state() {
    return new ControllerState(NAME, Map.of("decisions", new double[] {decisions}), null);
  }

  @Override
  public void restore(ControllerState state) {
    state.require(NAME);
    decisions = (long) state.values("decisions", 1)[0];
  }

  @Override
  public void close() {}
}
