package dev.sotto.model;

import dev.sotto.compute.Activation;
import dev.sotto.compute.Pooling;
import dev.sotto.model.TransformerConfig.HeadSpec;
import java.util.List;
import java.util.Optional;

/**
 * A head that gives each sequence one vector of logits: dense layers over one pooled row.
 *
 * @param pooling which row, or the mean of all
 * @param layers from the pooled row to the logits; the last one's outputs are the logits
 * @param objective what the logits are asked for
 */
public record ClassifierSpec(Pooling pooling, List<DenseLayer> layers, Objective objective)
    implements HeadSpec {
  /** Makes the list immutable. */
  public ClassifierSpec {
    layers = List.copyOf(layers);
  }

  /** What the logits are asked for. */
  public enum Objective {
    /** One of K classes: softmax cross-entropy. */
    CLASSES,
    /** One number: squared error. */
    NUMBER
  }

  /**
   * y = f(x Wᵀ + b).
   *
   * @param module HuggingFace's path, without the architecture's prefix
   * @param in channels of x
   * @param out channels of y
   * @param bias whether there is b
   * @param activation f; the identity where empty
   * @param trained whether all of it is trained, rather than frozen and perhaps adapted
   */
  public record DenseLayer(
      String module,
      int in,
      int out,
      boolean bias,
      Optional<Activation> activation,
      boolean trained) {}

  /** K, or 1 for a number. */
  public int outputs() {
    return layers.get(layers.size() - 1).out();
  }
}
