package dev.sotto.control;

import dev.sotto.control.learn.Agent;
import dev.sotto.control.learn.PpoOptions;
import dev.sotto.control.learn.ProximalPolicy;
import dev.sotto.control.learn.SacOptions;
import dev.sotto.control.learn.SoftActorCritic;

/**
 * The learning controllers and the settings of their agents.
 *
 * <ul>
 *   <li>{@code rldp}: soft actor-critic, as in RLDP (arXiv 2507.22565).
 *   <li>{@code rldp-ppo}: proximal policy optimisation in its place.
 *   <li>{@code frozen}: the initial policy of {@code rldp}, or one of another run, drawn from in
 *       the same way but never updated; what {@code rldp} gains over it is gained by learning.
 * </ul>
 *
 * <p>Two settings differ from the agents' own. No warm-up of uniform actions: the initial policy's
 * mean lies near 0, which is constant clipping and a better place to look around than all of [C̄/4,
 * 4C̄]. And a discount of ½: a clip norm acts on the gain of its own interval and hardly on later
 * ones, so a longer view would add the noise of future rewards and little else. Soft actor-critic
 * makes 16 updates a decision, and proximal policy optimisation learns every 8 decisions, so that
 * both learn several times in a run of a few dozen decisions.
 */
final class Learners {
  static final String FROZEN = "frozen";
  static final String RLDP = "rldp";
  static final String RLDP_PPO = "rldp-ppo";

  private static final double DISCOUNT = 0.5;

  private static final SacOptions SOFT_ACTOR_CRITIC =
      SacOptions.defaults().withWarmUp(0).withUpdates(16).withDiscount(DISCOUNT);

  private static final PpoOptions PROXIMAL_POLICY =
      PpoOptions.defaults().withHorizon(8).withLearningRate(3e-3).withDiscount(DISCOUNT);

  private Learners() {}

  static Controller frozen(ControllerOptions options) {
    return controller(FROZEN, options, softActorCritic(options), false);
  }

  static Controller rldp(ControllerOptions options) {
    return controller(RLDP, options, softActorCritic(options), true);
  }

  static Controller rldpPpo(ControllerOptions options) {
    Agent agent =
        new ProximalPolicy(
            observationSize(options), actionSize(options), PROXIMAL_POLICY, options.seed());
    return controller(RLDP_PPO, options, agent, true);
  }

  private static Agent softActorCritic(ControllerOptions options) {
    return new SoftActorCritic(
        observationSize(options), actionSize(options), SOFT_ACTOR_CRITIC, options.seed());
  }

  private static Controller controller(
      String name, ControllerOptions options, Agent agent, boolean learning) {
    try {
      return new LearnedController(name, options, agent, learning);
    } catch (IllegalArgumentException e) {
      agent.close();
      throw e;
    }
  }

  private static int observationSize(ControllerOptions options) {
    return ObservationEncoder.size(options.pairs());
  }

  private static int actionSize(ControllerOptions options) {
    return new Actions(options).size();
  }
}
