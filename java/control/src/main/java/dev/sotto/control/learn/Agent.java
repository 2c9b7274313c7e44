package dev.sotto.control.learn;

/**
 * A learner that chooses actions on observations and improves on the transitions it is told of.
 *
 * <p>Deterministic: the same seed and the same calls give the same actions, to the bit on one kind
 * of processor. Not for use by several threads at once.
 */
public interface Agent extends AutoCloseable {
  /** The algorithm, as written into policy files. */
  String kind();

  /** Entries of an observation. */
  int observationSize();

  /** Entries of an action. */
  int actionSize();

  /**
   * An action to try: drawn from the policy, or uniform during warm-up.
   *
   * @param observation finite numbers of any scale; they are normalised inside
   * @return the action, each entry in (-1, 1)
   * @throws IllegalArgumentException if the size is wrong or a number is not finite
   */
  double[] act(double[] observation);

  /**
   * The policy's mean action, without exploration; draws nothing and changes nothing.
   *
   * @param observation finite numbers
   * @return the action, each entry in (-1, 1)
   * @throws IllegalArgumentException if the size is wrong or a number is not finite
   */
  double[] greedy(double[] observation);

  /**
   * Remembers a transition and, when one is due, makes updates.
   *
   * @throws IllegalArgumentException if the sizes are not this agent's
   */
  void learn(Transition transition);

  /** All that decides how this agent goes on: networks, optimizers, memory, random stream. */
  AgentState state();

  /**
   * Goes on where {@code state} was taken: the same calls then give the same actions to the bit.
   *
   * @throws IllegalArgumentException if it is of another kind of agent or of other sizes
   */
  void restore(AgentState state);

  /**
   * Starts from what another run learned, but draws its own random numbers: as {@link #restore},
   * without the place in the random stream.
   *
   * @throws IllegalArgumentException if it is of another kind of agent or of other sizes
   */
  void startFrom(AgentState state);

  /** Frees the networks' memory. */
  @Override
  void close();
}
