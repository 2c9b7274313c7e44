package dev.sotto.model;

import dev.sotto.base.InputException;
import java.util.List;

/**
 * What to adapt and how strongly.
 *
 * @param rank R, 1 to 256
 * @param alpha the update is scaled by alpha / rank
 * @param targetModules suffixes of module paths, as PEFT matches them ({@code q_proj} adapts every
 *     module whose path ends in {@code .q_proj}); {@link #ALL_LINEAR} alone for every projection of
 *     the blocks; empty for the architecture's default
 */
public record LoraOptions(int rank, double alpha, List<String> targetModules) {
  /** PEFT's word for all linear modules but the output head. */
  public static final String ALL_LINEAR = "all-linear";

  static final int LARGEST_RANK = 256;

  /** Checks the values. */
  public LoraOptions {
    if (rank < 1 || rank > LARGEST_RANK) {
      throw new InputException("LoRA rank " + rank + " is not between 1 and " + LARGEST_RANK);
    }
    if (!(alpha > 0) || Double.isInfinite(alpha)) {
      throw new InputException("LoRA alpha " + alpha + " is not a positive number");
    }
    targetModules = List.copyOf(targetModules);
    if (targetModules.contains(ALL_LINEAR) && targetModules.size() > 1) {
      throw new InputException(
          "target modules name "
              + ALL_LINEAR
              + " beside others; it stands for all of them, so give it alone");
    }
  }

  /** alpha / rank. */
  public float scale() {
    return (float) (alpha / rank);
  }

  /** Whether PEFT would adapt the module at {@code path} for the target {@code target}. */
  static boolean matches(String path, String target) {
    return path.equals(target) || path.endsWith("." + target);
  }
}
