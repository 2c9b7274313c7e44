package dev.sotto.control;

import dev.sotto.control.learn.Agent;
import dev.sotto.control.learn.AgentState;
import dev.sotto.control.learn.Transition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** An agent that does as told and remembers what it was told of. */
final class RecordingAgent implements Agent {
  final List<Transition> learned = new ArrayList<>();
  final List<double[]> seen = new ArrayList<>();
  private final int observationSize;
  private final int actionSize;
  private double action;

  RecordingAgent(int observationSize, int actionSize) {
    this.observationSize = observationSize;
    this.actionSize = actionSize;
  }

  /** What every entry of the next actions will be. */
  void willDo(double action) {
    this.action = action;
  }

  @Override
  public String kind() {
    return "recording";
  }

  @Override
  public int observationSize() {
    return observationSize;
  }

  @Override
  public int actionSize() {
    return actionSize;
  }

  @Override
  public double[] act(double[] observation) {
    seen.add(observation.clone());
    return greedy(observation);
  }

  @Override
  public double[] greedy(double[] observation) {
    double[] actions = new double[actionSize];
    Arrays.fill(actions, action);
    return actions;
  }

  @Override
  public void learn(Transition transition) {
    learned.add(transition);
  }

  @Override
  public AgentState state() {
    return new AgentState(
        kind(), observationSize, actionSize, Map.of("action", new double[] {action}), Map.of());
  }

  @Override
  public void restore(AgentState state) {
    action = state.tensors().get("action")[0];
  }

  @Override
  public void startFrom(AgentState state) {
    throw new IllegalArgumentException("holds a policy of another shape");
  }

  @Override
  public void close() {}
}
