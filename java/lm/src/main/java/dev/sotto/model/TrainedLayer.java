package dev.sotto.model;

import dev.sotto.checkpoint.SavedModule;
import java.util.SplittableRandom;

/**
 * A dense layer of a head that is trained whole: W [out, in], then b [out] where there is one.
 *
 * @param module its path
 * @param in channels of its input
 * @param out channels of its output
 * @param bias whether there is b
 */
record TrainedLayer(String module, int in, int out, boolean bias) {
  private static final double INITIAL_STDDEV = 0.02; // what BERT and its kin begin with

  /** A layer as an adapter holds it. */
  static TrainedLayer of(SavedModule saved) {
    return new TrainedLayer(saved.module(), saved.in(), saved.out(), saved.bias().length > 0);
  }

  /** Numbers in W. */
  int sizeOfWeight() {
    return out * in;
  }

  /** Trainable parameters. */
  int parameters() {
    return sizeOfWeight() + (bias ? out : 0);
  }

  /** The layer as it came with the model, or a fresh one: W normal, b zero. */
  void initialise(LinearWeights stored, SplittableRandom random, float[] into, int offset) {
    if (stored.weight() != null) {
      System.arraycopy(
          stored.weight().downloadFloats(sizeOfWeight()), 0, into, offset, sizeOfWeight());
      if (bias) {
        System.arraycopy(stored.bias().downloadFloats(out), 0, into, offset + sizeOfWeight(), out);
      }
      return;
    }
    for (int i = 0; i < sizeOfWeight(); i++) {
      into[offset + i] = (float) (INITIAL_STDDEV * random.nextGaussian());
    }
  }
}
