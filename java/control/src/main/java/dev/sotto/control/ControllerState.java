package dev.sotto.control;

import dev.sotto.control.learn.AgentState;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where a controller stands, to be kept with a checkpoint. It was computed from public numbers and
 * released values alone, so it may be published with the run.
 *
 * @param controller its name
 * @param values numbers by name; an empty array stands for a number not there yet
 * @param agent what it has learned, or null if it is no learner; this is also the policy that
 *     another run can start from
 */
public record ControllerState(String controller, Map<String, double[]> values, AgentState agent) {
  private static final String KIND = "controller";
  private static final String OWN = "controller/";
  private static final String LEARNED = "agent/";

  /** Keeps copies, in the order of the names. */
  public ControllerState {
    Map<String, double[]> copies = new TreeMap<>();
    values.forEach((name, numbers) -> copies.put(name, numbers.clone()));
    values = Collections.unmodifiableMap(copies);
  }

  /**
   * Writes the state to a file of the form of policy files ({@link AgentState#save}), but of kind
   * {@code controller/NAME} or {@code controller/NAME/KIND}, KIND that of the agent. Every number
   * is kept to the bit.
   *
   * @param file replaced; a reader may see half of it until this returns
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  public void save(Path file) {
    Map<String, double[]> tensors = new TreeMap<>();
    values.forEach((name, numbers) -> tensors.put(OWN + name, numbers));
    String kind = KIND + "/" + controller;
    if (agent == null) {
      new AgentState(kind, 0, 0, tensors, Map.of()).save(file);
      return;
    }
    agent.tensors().forEach((name, numbers) -> tensors.put(LEARNED + name, numbers));
    new AgentState(
            kind + "/" + agent.kind(),
            agent.observationSize(),
            agent.actionSize(),
            tensors,
            agent.counters())
        .save(file);
  }

  /**
   * Reads a state.
   *
   * @throws IllegalArgumentException if the file cannot be read, is damaged or holds something else
   */
  public static ControllerState load(Path file) {
    AgentState stored = AgentState.load(file);
    String[] kind = stored.kind().split("/", 3);
    if (kind.length < 2 || !kind[0].equals(KIND)) {
      throw new IllegalArgumentException(
          file
              + ": holds a policy of kind "
              + stored.kind()
              + ", not the state of a controller; give the controller.state of a run");
    }
    Map<String, double[]> values = new TreeMap<>();
    Map<String, double[]> tensors = new TreeMap<>();
    stored
        .tensors()
        .forEach(
            (name, numbers) -> {
              if (name.startsWith(OWN)) {
                values.put(name.substring(OWN.length()), numbers);
              } else if (name.startsWith(LEARNED)) {
                tensors.put(name.substring(LEARNED.length()), numbers);
              } else {
                throw new IllegalArgumentException(
                    file + ": holds '" + name + "', which no state of a controller has");
              }
            });
    AgentState agent =
        kind.length == 2
            ? null
            : new AgentState(
                kind[2], stored.observationSize(), stored.actionSize(), tensors, stored.counters());
    return new ControllerState(kind[1], values, agent);
  }

  /**
   * Checks whose state this is.
   *
   * @throws IllegalArgumentException if it is another controller's
   */
  void require(String controller) {
    if (!controller.equals(controller())) {
      throw new IllegalArgumentException(
          "the state is that of controller '"
              + controller()
              + "', but the run's controller is '"
              + controller
              + "': continue with the controller that the run began with");
    }
  }

  /**
   * Numbers that must be there.
   *
   * @param length how many of them
   * @throws IllegalArgumentException if they are missing or of another length
   */
  double[] values(String name, int length) {
    double[] found = optional(name, length);
    if (found == null) {
      throw wrong(name, length, "none");
    }
    return found;
  }

  /** As {@link #values(String, int)}, but null where an empty array was kept. */
  double[] optional(String name, int length) {
    double[] found = values.get(name);
    if (found == null || (found.length != 0 && found.length != length)) {
      throw wrong(name, length, found == null ? "none" : Integer.toString(found.length));
    }
    return found.length == 0 ? null : found.clone();
  }

  private IllegalArgumentException wrong(String name, int length, String found) {
    return new IllegalArgumentException(
        "the state of controller '"
            + controller
            + "' should hold "
            + length
            + " numbers of "
            + name
            + ", but holds "
            + found
            + ": continue a run with its own state");
  }
}
