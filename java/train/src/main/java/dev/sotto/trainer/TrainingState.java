package dev.sotto.trainer;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.SafetensorsFile;
import dev.sotto.checkpoint.SafetensorsWriter;
import dev.sotto.checkpoint.TensorData;
import dev.sotto.model.LoraAdapters;
import dev.sotto.optimizer.Optimizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What training needs to go on: weights, those frozen at a draw too, optimizer state, and the
 * number of the last charged step they reflect. All of it is post-processing of private releases.
 * The noise key is not part of it; a resumed run draws a new one.
 *
 * <p>One safetensors file, replaced atomically, so that a crash leaves the old state or the new
 * one.
 */
public final class TrainingState {
  private static final String STEP = "step";
  private static final String FROZEN_A = "frozen_a";
  private static final String UPDATES = "updates";
  private static final String OR_DELETE =
      ", or delete it: training then begins again, and what was charged stays charged";

  private TrainingState() {}

  /**
   * Saves the state after {@code step}.
   *
   * @param file replaced
   * @param step last charged step applied to the weights
   */
  public static void save(Path file, long step, LoraAdapters lora, Optimizer optimizer) {
    save(file, step, lora, optimizer, WeightAverage.none());
  }

  /**
   * The same with a mean of weights.
   *
   * @param average whose running sum is kept
   */
  public static void save(
      Path file, long step, LoraAdapters lora, Optimizer optimizer, WeightAverage average) {
    Map<String, TensorData> tensors = new LinkedHashMap<>();
    tensors.put("weights", vector(lora.values()));
    lora.frozenA()
        .ifPresent(a -> tensors.put(FROZEN_A, vector(a.downloadFloats((int) a.length()))));
    tensors.put("first_moment", vector(optimizer.firstMoment()));
    tensors.put("second_moment", vector(optimizer.secondMoment()));
    tensors.putAll(average.tensors());
    SafetensorsWriter.write(
        file,
        tensors,
        Map.of(STEP, Long.toString(step), UPDATES, Long.toString(optimizer.steps())));
  }

  /**
   * The last charged step that a state reflects; 0 when there is no state yet.
   *
   * @throws InputException if it is damaged
   */
  public static long step(Path file) {
    if (!Files.exists(file)) {
      return 0;
    }
    try (SafetensorsFile state = open(file)) {
      return number(file, state.metadata().get(STEP));
    }
  }

  /**
   * Restores a state into adapters and optimizer of the same shape.
   *
   * @return the last charged step it reflects; 0 when there is no state yet
   * @throws InputException if it is damaged or of another model
   */
  public static long restore(Path file, LoraAdapters lora, Optimizer optimizer) {
    return restore(file, lora, optimizer, WeightAverage.none());
  }

  /** The same with a mean of weights, whose running sum is restored too. */
  public static long restore(
      Path file, LoraAdapters lora, Optimizer optimizer, WeightAverage average) {
    if (!Files.exists(file)) {
      return 0;
    }
    try (SafetensorsFile state = open(file)) {
      float[] weights = state.tensor("weights").toFloats();
      if (weights.length != lora.weights().length()) {
        throw new InputException(
            file
                + ": holds "
                + weights.length
                + " trainable parameters, but this run has "
                + lora.weights().length()
                + "; resume with the settings it was made with");
      }
      long updates = number(file, state.metadata().get(UPDATES));
      optimizer.restore(
          updates,
          state.tensor("first_moment").toFloats(),
          state.tensor("second_moment").toFloats());
      lora.weights().upload(weights);
      lora.frozenA().ifPresent(a -> a.upload(state.tensor(FROZEN_A).toFloats()));
      average.restore(state);
      return number(file, state.metadata().get(STEP));
    } catch (IllegalArgumentException e) {
      throw new InputException(file + ": " + e.getMessage(), e);
    }
  }

  /** A run itself wrote it, so there is another way than a whole copy. */
  private static SafetensorsFile open(Path file) {
    try {
      return SafetensorsFile.open(file);
    } catch (InputException e) {
      throw new InputException(e.getMessage() + OR_DELETE, e);
    }
  }

  private static TensorData vector(float[] values) {
    return TensorData.f32(values, values.length);
  }

  private static long number(Path file, String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new InputException(
          file + ": the training state is damaged; bring back a whole copy" + OR_DELETE, e);
    }
  }
}
