package dev.sotto.control.learn;

import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Soft actor-critic (Haarnoja et al. 2018): learns from remembered transitions, off-policy, and
 * seeks reward and entropy at once, the balance set so that the entropy stays near minus the number
 * of actions. Makes the most of few transitions.
 */
public final class SoftActorCritic implements Agent {
  /** The kind in policy files. */
  public static final String KIND = "soft-actor-critic";

  private final int observationSize;
  private final int actionSize;
  private final SacOptions options;
  private final SacNetworks networks;
  private final Normaliser normaliser;
  private final Memory memory;
  private final RandomStream random;
  private long decisions;

  /**
   * An agent that has learned nothing.
   *
   * @param observationSize entries of an observation, at least 1
   * @param actionSize entries of an action, at least 1
   * @param seed of the networks' first weights and of every draw
   */
  public SoftActorCritic(int observationSize, int actionSize, SacOptions options, long seed) {
    Ranges.atLeast(1, observationSize, "observation size");
    Ranges.atLeast(1, actionSize, "action size");
    this.observationSize = observationSize;
    this.actionSize = actionSize;
    this.options = options;
    random = new RandomStream(seed);
    networks = new SacNetworks(observationSize, actionSize, options, random.next());
    normaliser = new Normaliser(observationSize);
    memory = new Memory(options.replay().capacity());
  }

  @Override
  public String kind() {
    return KIND;
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
    Ranges.observation(observation, observationSize);
    if (decisions++ < options.replay().warmUp()) {
      RandomGenerator uniform = random.next();
      double[] action = new double[actionSize];
      for (int i = 0; i < actionSize; i++) {
        action[i] = uniform.nextDouble(Math.nextUp(-1.0), 1.0);
      }
      return action;
    }
    return networks.act(normaliser.apply(observation), random.gaussians(actionSize));
  }

  @Override
  public double[] greedy(double[] observation) {
    Ranges.observation(observation, observationSize);
    return networks.act(normaliser.apply(observation), new double[actionSize]);
  }

  @Override
  public void learn(Transition transition) {
    Ranges.length(transition.observation(), observationSize, "an observation");
    Ranges.length(transition.action(), actionSize, "an action");
    normaliser.see(transition.observation());
    memory.add(transition);
    if (memory.size() < options.replay().warmUp()) {
      return;
    }
    int count = options.replay().batch() * actionSize;
    for (int i = 0; i < options.update().count(); i++) {
      networks.update(
          TransitionBatch.of(memory.sample(options.replay().batch(), random.next()), normaliser),
          random.gaussians(count),
          random.gaussians(count));
    }
  }

  @Override
  public AgentState state() {
    Map<String, double[]> tensors = new TreeMap<>();
    Map<String, Long> counters = new TreeMap<>();
    networks.save(tensors, counters);
    normaliser.save(tensors, counters);
    memory.save(tensors, counters);
    random.save(counters);
    counters.put("decisions", decisions);
    return new AgentState(KIND, observationSize, actionSize, tensors, counters);
  }

  @Override
  public void restore(AgentState state) {
    startFrom(state);
    random.restore(state);
  }

  @Override
  public void startFrom(AgentState state) {
    state.require(KIND, observationSize, actionSize);
    networks.restore(state);
    normaliser.restore(state);
    memory.restore(state);
    decisions = state.counter("decisions");
  }

  @Override
  public void close() {
    networks.close();
  }
}
