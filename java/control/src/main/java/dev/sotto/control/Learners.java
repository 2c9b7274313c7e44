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
 * <p>Settings for runs of 10 to 60 decisions, chosen on simulated training with two and with eight
 * pairs:
 *
 * <ul>
 *   <li>No warm-up of uniform actions. The initial policy's mean lies near 0, which is constant
 *       clipping, and a better place to look around than all of [C̄/4, 4C̄].
 *   <li>A discount of ½. A clip norm acts on the gain of its own interval and hardly on later ones,
 *       so a longer view adds the noise of future rewards and little else.
 *   <li>Soft actor-critic: 16 updates a decision of 32 transitions each; more of them, or wider
 *       networks, took longer and did no better.
 *   <li>Proximal policy optimisation: a horizon of 8 decisions and a step size of 0.003, so that it
 *       learns several times in a run, and draws that spread by 0.4.
 * </ul>
 */
final class Learners {
  static final String FROZEN = "frozen";
  static final String RLDP = "rldp";
  static final String RLDP_PPO = "rldp-ppo";

  private static final double DISCOUNT = 0.5;

  /**
   * Width, batch, updates, warm-up, capacity, discount, learning rate, target rate, temperature.
   */
  private static final SacOptions SOFT_ACTOR_CRITIC =
      new SacOptions(
          32,
          new SacOptions.Replay(32, 0, 10_000),
          new SacOptions.Update(16, DISCOUNT, 1e-3, 0.01),
          0.1);

  /** Width, horizon, epochs, clip, discount, trace, learning rate, entropy weight, sigma. */
  private static final PpoOptions PROXIMAL_POLICY =
      new PpoOptions(
          64,
          0.4,
          new PpoOptions.Rollout(8, DISCOUNT, 0.9),
          new PpoOptions.Update(10, 0.2, 3e-3, 1e-3));

  private Learners() {}

  /** Whether ND4J can be found; looking does not start it. */
  static boolean haveNd4j() {
    try {
      Class.forName("org.nd4j.linalg.factory.Nd4j", false, Learners.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

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
    return ObservationEncoder.size(options.pairs().count());
  }

  private static int actionSize(ControllerOptions options) {
    return new Actions(options).size();
  }
}
