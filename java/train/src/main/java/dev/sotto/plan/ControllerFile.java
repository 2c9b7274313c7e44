package dev.sotto.plan;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.InputException;
import dev.sotto.control.Controller;
import dev.sotto.control.ControllerState;
import dev.sotto.control.Decision;
import dev.sotto.control.learn.AgentState;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A controller on disk, with the decision in force. Everything in it was computed from public and
 * released values.
 */
final class ControllerFile {
  private static final String CLIP_NORMS = "in_force/clip_norms";
  private static final String NOISE = "in_force/noise";

  private ControllerFile() {}

  /** Writes the controller and what is in force from here on; replaces the file at once. */
  static void save(Path file, Controller controller, Decision inForce) {
    ControllerState state = controller.state();
    Map<String, double[]> values = new TreeMap<>(state.values());
    values.put(CLIP_NORMS, inForce.clipNorms());
    values.put(
        NOISE,
        new double[] {inForce.stabilizer(), inForce.noiseFactor(), inForce.allocation().code()});
    replace(file, new ControllerState(state.controller(), values, state.agent())::save);
  }

  /**
   * Brings a controller back to where it stood.
   *
   * @return the decision then in force
   * @throws InputException if the file is missing, damaged or another controller's
   */
  static Decision restore(Path file, Controller controller) {
    try {
      ControllerState state = ControllerState.load(file);
      Map<String, double[]> values = new TreeMap<>(state.values());
      double[] clipNorms = values.remove(CLIP_NORMS);
      double[] noise = values.remove(NOISE);
      if (clipNorms == null || noise == null || noise.length != 3) {
        throw new IllegalArgumentException(file + ": holds no decision in force");
      }
      controller.restore(new ControllerState(state.controller(), values, state.agent()));
      return new Decision(clipNorms, noise[0], allocation(file, noise[2]), noise[1]);
    } catch (IllegalArgumentException e) {
      throw new InputException(
          e.getMessage() + "; without its controller the run cannot go on, start a new one", e);
    }
  }

  private static NoiseAllocation allocation(Path file, double code) {
    for (NoiseAllocation allocation : NoiseAllocation.values()) {
      if (allocation.code() == code) {
        return allocation;
      }
    }
    throw new IllegalArgumentException(file + ": holds no allocation of noise");
  }

  /** Writes what was learned, for other runs to start from; nothing where nothing was. */
  static void savePolicy(Path file, Controller controller) {
    AgentState learned = controller.state().agent();
    if (learned != null) {
      replace(file, learned::save);
    }
  }

  private static void replace(Path file, Consumer<Path> save) {
    Path written = file.resolveSibling(file.getFileName() + ".new");
    save.accept(written);
    AtomicFile.adopt(written, file);
  }
}
