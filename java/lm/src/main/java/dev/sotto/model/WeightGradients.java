package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Gradients of all weights of a model made by {@link LanguageModel#initialise}, summed over the
 * batch, in one flat buffer laid out as the weights are. Not private: for pretraining on public
 * text only.
 */
public final class WeightGradients implements AutoCloseable {
  private final DeviceBuffer flat;
  private final Map<DeviceBuffer, DeviceBuffer> gradients = new IdentityHashMap<>();

  /** Plans 4 bytes a weight. */
  public WeightGradients(Backend backend, LanguageModel model) {
    if (model.flatWeights() == null) {
      throw new IllegalArgumentException("the weights of a loaded model are read-only");
    }
    flat = backend.allocate(ElementType.F32, model.flatWeights().length());
    long offset = 0;
    for (DeviceBuffer weight : model.tensors().values()) {
      gradients.put(weight, flat.slice(offset, weight.length()));
      offset += weight.length();
    }
  }

  /** All gradients, F32, in the layout of {@link LanguageModel#flatWeights}. */
  public DeviceBuffer flat() {
    return flat;
  }

  DeviceBuffer of(DeviceBuffer weight) {
    return gradients.get(weight);
  }

  @Override
  public void close() {
    flat.close();
  }
}
