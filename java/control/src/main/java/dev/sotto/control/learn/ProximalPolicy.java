package dev.sotto.control.learn;

import java.util.Map;
import java.util.TreeMap;

/**
 * Proximal policy optimisation (Schulman et al. 2017): learns from the latest horizon of
 * transitions only, which must have been made by its own actions, then forgets them. A simpler
 * learner than soft actor-critic, and one that needs more transitions.
 */
public final class ProximalPolicy implements Agent {
  /** The kind in policy files. */
  public static final String KIND = "proximal-policy";

  private final int observationSize;
  private final int actionSize;
  private final PpoOptions options;
  private final PpoNetworks networks;
  private final Normaliser normaliser;
  private final Memory memory;
  private final RandomStream random;

  /**
   * An agent that has learned nothing.
   *
   * @param observationSize entries of an observation, at least 1
   * @param actionSize entries of an action, at least 1
   * @param seed of the networks' first weights and of every draw
   */
  public ProximalPolicy(int observationSize, int actionSize, PpoOptions options, long seed) {
    Ranges.atLeast(1, observationSize, "observation size");
    Ranges.atLeast(1, actionSize, "action size");
    this.observationSize = observationSize;
    this.actionSize = actionSize;
    this.options = options;
    random = new RandomStream(seed);
    networks = new PpoNetworks(observationSize, actionSize, options, random.next());
    normaliser = new Normaliser(observationSize);
    memory = new Memory(options.rollout().horizon());
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
    memory.add(transition);
    if (memory.size() < options.rollout().horizon()) {
      return;
    }
    // The actions were chosen under the moments as they are, so those change only afterwards.
    networks.update(memory.all(), TransitionBatch.of(memory.all(), normaliser));
    memory.all().forEach(t -> normaliser.see(t.observation()));
    memory.clear();
  }

  @Override
  public AgentState state() {
    Map<String, double[]> tensors = new TreeMap<>();
    Map<String, Long> counters = new TreeMap<>();
    networks.save(tensors, counters);
    normaliser.save(tensors, counters);
    memory.save(tensors, counters);
    random.save(counters);
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
  }

  @Override
  public void close() {
    networks.close();
  }
}
