package dev.sotto.control;

import java.util.Map;

/** A controller that decides once. It reads nothing and pays for nothing. */
abstract class FixedController implements Controller {
  private final String name;
  private final Decision decision;

  FixedController(String name, Decision decision) {
    this.name = name;
    this.decision = decision;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final boolean usesStatistics() {
    return false;
  }

  @Override
  public final Decision first() {
    return decision;
  }

  @Override
  public final Decision next(Observation observation) {
    return decision;
  }

  @Override
  public final void last(Observation observation) {}

  @Override
  public final ControllerState state() {
    return new ControllerState(name, Map.of("clip_norms", decision.clipNorms()), null);
  }

  @Override
  public final void restore(ControllerState state) {
    state.require(name);
    state.values("clip_norms", decision.clipNorms().length);
  }

  @Override
  public final void close() {}
}
