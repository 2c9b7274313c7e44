package dev.sotto.control.learn;

import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an agent has learned and where it stands; as a file, a policy to start another run from.
 *
 * @param kind the algorithm, as {@link Agent#kind()}
 * @param observationSize entries of an observation
 * @param actionSize entries of an action
 * @param tensors weights, moments, statistics and remembered transitions by name, flattened
 * @param counters whole numbers by name
 */
public record AgentState(
    String kind,
    int observationSize,
    int actionSize,
    Map<String, double[]> tensors,
    Map<String, Long> counters) {
  /** Keeps copies, in the order of the names. */
  public AgentState {
    Map<String, double[]> copies = new TreeMap<>();
    tensors.forEach((name, values) -> copies.put(name, values.clone()));
    tensors = Collections.unmodifiableMap(copies);
    counters = Collections.unmodifiableMap(new TreeMap<>(counters));
  }

  /**
   * Writes the state; every number is kept to the bit.
   *
   * @param file replaced; a reader may see half of it until this returns
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  public void save(Path file) {
    PolicyFile.write(file, this);
  }

  /**
   * Reads a state.
   *
   * @throws IllegalArgumentException if the file cannot be read, is damaged or no policy file
   */
  public static AgentState load(Path file) {
    return PolicyFile.read(file);
  }

  /**
   * Reads a state that an agent of the given kind and sizes can go on from.
   *
   * @throws IllegalArgumentException if the file cannot be read, is damaged, or holds another kind
   *     or other sizes; the message names the file, what it holds and what is wanted
   */
  public static AgentState load(Path file, String kind, int observationSize, int actionSize) {
    AgentState state = load(file);
    try {
      state.require(kind, observationSize, actionSize);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
    return state;
  }

  /**
   * Checks that an agent of the given kind and sizes can go on from this state.
   *
   * @throws IllegalArgumentException if not
   */
  void require(String kind, int observationSize, int actionSize) {
    if (!kind.equals(kind())
        || observationSize != observationSize()
        || actionSize != actionSize()) {
      throw new IllegalArgumentException(
          "holds "
              + describe(kind(), observationSize(), actionSize())
              + ", but "
              + describe(kind, observationSize, actionSize)
              + " is wanted; take one learned with the same controller and the same number of"
              + " adapters");
    }
  }

  /**
   * A tensor that must be there.
   *
   * @param length entries it must have
   * @throws IllegalArgumentException if it is missing or of another length
   */
  double[] tensor(String name, int length) {
    double[] values = tensors.get(name);
    if (values == null || values.length != length) {
      throw new IllegalArgumentException(
          "the policy needs "
              + length
              + " numbers of "
              + name
              + ", but holds "
              + (values == null ? "none" : values.length)
              + "; take one learned with networks of the same size");
    }
    return values.clone();
  }

  /**
   * A counter that must be there.
   *
   * @throws IllegalArgumentException if it is missing
   */
  long counter(String name) {
    Long value = counters.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the policy lacks its count of " + name);
    }
    return value;
  }

  private static String describe(String kind, int observationSize, int actionSize) {
    return "a policy of kind "
        + kind
        + " on "
        + observationSize
        + " observations and "
        + actionSize
        + " actions";
  }
}
