package dev.sotto.control;

/**
 * Chooses the clip norm of each LoRA pair (and, where asked for, the noise level) while a model is
 * fine-tuned privately. A run of T steps is cut into intervals of a few steps each; one decision
 * holds for an interval.
 *
 * <pre>{@code
 * Decision d = controller.first();
 * while (true) {
 *   Observation o = train(d);          // one interval under d
 *   if (over) { controller.last(o); break; }
 *   d = controller.next(o);
 * }
 * }</pre>
 *
 * <p><b>Guarantee.</b> A controller learns of the run through {@link Observation} alone, which
 * holds nothing but public numbers and values that a mechanism released. So every decision is
 * post-processing of earlier releases: clip norms may adapt freely under an account of a fixed
 * noise multiplier, and the noise level under a privacy filter, whatever the controller does.
 *
 * <p>Deterministic under the seed of its options. Not for use by several threads at once.
 */
public interface Controller extends AutoCloseable {
  /** The name it is chosen by, one of {@link Controllers#names()}. */
  String name();

  /**
   * Whether it reads privatised statistics of the batch. A run pays for them out of the same ε, by
   * a slightly larger noise multiplier of the gradient, so they are left out where nobody reads
   * them.
   */
  boolean usesStatistics();

  /** The decision for the first interval, before anything was observed. */
  Decision first();

  /**
   * The decision for the next interval.
   *
   * @param observation what the interval just ended released
   * @throws IllegalArgumentException if it is of another number of pairs than the run's, or lacks
   *     what {@link #usesStatistics} asks for
   */
  Decision next(Observation observation);

  /**
   * Tells of the last interval, after which no decision follows.
   *
   * @param observation what the last interval released
   * @throws IllegalArgumentException as for {@link #next}
   */
  void last(Observation observation);

  /** Intervals whose outcome was not a finite number and was therefore not learned from. */
  default int skipped() {
    return 0;
  }

  /** All that decides how this controller goes on. It was made from released values alone. */
  ControllerState state();

  /**
   * Goes on where {@code state} was taken: the same observations then give the same decisions, to
   * the bit on one kind of processor.
   *
   * @throws IllegalArgumentException if it is the state of another controller, or one that does not
   *     fit this run
   */
  void restore(ControllerState state);

  /** Frees what a learner holds. */
  @Override
  void close();
}
