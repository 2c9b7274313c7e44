package dev.sotto.model;

import dev.sotto.compute.Pooling;
import dev.sotto.model.ClassifierSpec.Objective;
import java.util.Optional;

/**
 * What a model that scores sequences is asked for.
 *
 * @param outputs logits of a sequence: classes, or 1 for a number
 * @param objective what they are asked for
 * @param pooling how a sequence becomes one row; the architecture's own head where empty
 */
public record ClassifierOptions(int outputs, Objective objective, Optional<Pooling> pooling) {
  /**
   * Checks the number.
   *
   * @throws IllegalArgumentException if it does not fit the objective
   */
  public ClassifierOptions {
    boolean fits = objective == Objective.NUMBER ? outputs == 1 : outputs >= 2;
    if (!fits) {
      throw new IllegalArgumentException(outputs + " outputs for the objective " + objective);
    }
  }

  /** One of {@code classes}, with the architecture's own head. */
  public static ClassifierOptions classes(int classes) {
    return new ClassifierOptions(classes, Objective.CLASSES, Optional.empty());
  }

  /** A number, with the architecture's own head. */
  public static ClassifierOptions number() {
    return new ClassifierOptions(1, Objective.NUMBER, Optional.empty());
  }

  /** The same with another pooling. */
  public ClassifierOptions pooled(Pooling other) {
    return new ClassifierOptions(outputs, objective, Optional.of(other));
  }
}
