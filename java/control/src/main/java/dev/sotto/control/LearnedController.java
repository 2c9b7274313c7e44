package dev.sotto.control;

import dev.sotto.control.learn.Agent;
import dev.sotto.control.learn.Transition;
import java.util.HashMap;
import java.util.Map;

/**
 * RLDP (arXiv 2507.22565) on released values: an agent reads the encoded observation of the
 * interval just ended and acts for the next one.
 *
 * <p>A single run gives it 10 to 60 decisions, each under the noise of differential privacy. What
 * lets it learn anything from so few:
 *
 * <ul>
 *   <li>The first interval takes action 0, constant clipping. It sets the scales of the observation
 *       and the loss that gains are measured from; learning begins with the second.
 *   <li>No uniform warm-up: actions are drawn from the initial policy, whose mean is near 0, so an
 *       ignorant controller is constant clipping with jitter.
 *   <li>The levels in force move half-way to those of the agent's action at every decision, l ← l +
 *       ½(l(a) − l). Independent draws around a good mean thus disturb training by 0.58 of their
 *       spread. The levels in force are part of the next observation, so the process stays Markov.
 *   <li>One entry of the action moves all clip norms together ({@link Actions}).
 *   <li>Observations are ratios and centred, and rewards are brought to mean 0 and variance 1
 *       ({@link ObservationEncoder}, {@link RewardScale}).
 *   <li>Many updates a transition ({@link Learners}), as the data, not the time, is scarce.
 *   <li>It can start from a policy of another run, with its memory; only the random stream is new.
 * </ul>
 *
 * <p>Reads everything in {@link Observation}; pays for the privatised statistics. A reward that is
 * not a finite number (a diverged loss, no budget spent) is counted and not learned from.
 */
final class LearnedController implements Controller {
  private static final double SMOOTHING = 0.5;

  private final String name;
  private final int pairs;
  private final boolean adaptNoise;
  private final boolean learning;
  private final Agent agent;
  private final Actions actions;
  private final ObservationEncoder encoder;
  private final UtilityReward reward;
  private final RewardScale scale = new RewardScale();

  /** The levels, as they act on training. */
  private double[] inForce;

  /** What the agent last chose and on what; null before its first choice. */
  private double[] chosen;

  private double[] chosenOn;
  private int skipped;

  /**
   * A controller around an agent, which it closes.
   *
   * @param learning false to keep the agent as it is
   * @throws IllegalArgumentException if the policy to start from does not fit this run
   */
  LearnedController(String name, ControllerOptions options, Agent agent, boolean learning) {
    this.name = name;
    this.agent = agent;
    this.learning = learning;
    pairs = options.pairs().count();
    adaptNoise = options.adaptNoise();
    actions = new Actions(options);
    encoder = new ObservationEncoder(pairs, actions);
    reward = new UtilityReward(options.intervals());
    inForce = new double[actions.levels()];
    if (options.startFrom() != null) {
      try {
        agent.startFrom(options.startFrom());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "controller '" + name + "' cannot start from this policy: it " + e.getMessage(), e);
      }
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean usesStatistics() {
    return true;
  }

  @Override
  public Decision first() {
    return actions.decision(inForce);
  }

  @Override
  public Decision next(Observation observation) {
    chosenOn = observe(observation, false);
    chosen = agent.act(chosenOn);
    double[] levels = actions.levels(chosen);
    for (int k = 0; k < levels.length; k++) {
      inForce[k] += SMOOTHING * (levels[k] - inForce[k]);
    }
    return actions.decision(inForce);
  }

  @Override
  public void last(Observation observation) {
    observe(observation, true);
    chosen = null;
    chosenOn = null;
  }

  private double[] observe(Observation observation, boolean terminal) {
    observation.requirePairs(pairs);
    observation.requireStatistics(name);
    double[] code = encoder.encode(observation, adaptNoise ? inForce[pairs] : 0);
    double gained = reward.of(observation);
    // The first interval is the reference of all gains; no action of the agent led to it.
    if (chosen != null) {
      if (!Double.isFinite(gained)) {
        skipped++;
      } else if (learning) {
        agent.learn(new Transition(chosenOn, chosen, scale.normalise(gained), code, terminal));
      }
    }
    return code;
  }

  @Override
  public int skipped() {
    return skipped;
  }

  @Override
  public ControllerState state() {
    Map<String, double[]> values = new HashMap<>();
    values.put("in_force", inForce);
    values.put("chosen", chosen == null ? new double[0] : chosen);
    values.put("chosen_on", chosenOn == null ? new double[0] : chosenOn);
    values.put("skipped", new double[] {skipped});
    values.put("first_scales", encoder.scaleState());
    values.put("last_loss", encoder.lossState());
    values.put("reward_reference", reward.state());
    values.put("reward_scale", scale.state());
    return new ControllerState(name, values, agent.state());
  }

  @Override
  public void restore(ControllerState state) {
    state.require(name);
    double[] force = state.values("in_force", actions.levels());
    double[] action = state.optional("chosen", actions.size());
    double[] observation = state.optional("chosen_on", ObservationEncoder.size(pairs));
    double[] scales = state.optional("first_scales", pairs);
    double[] loss = state.optional("last_loss", 1);
    double[] reference = state.optional("reward_reference", 2);
    double[] rewards = state.values("reward_scale", 3);
    double missed = state.values("skipped", 1)[0];
    if (state.agent() == null) {
      throw new IllegalArgumentException(
          "the state of controller '" + name + "' lacks what it has learned");
    }
    agent.restore(state.agent());
    inForce = force;
    chosen = action;
    chosenOn = observation;
    encoder.restore(scales, loss);
    reward.restore(reference);
    scale.restore(rewards);
    skipped = (int) missed;
  }

  @Override
  public void close() {
    agent.close();
  }
}
