package dev.sotto.gradient;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.PrivateKernels.PairFactors;
import dev.sotto.compute.PrivateKernels.Units;
import dev.sotto.compute.Rows;

/**
 * What the backward pass of a layer hands over about one block of trainable parameters: from it the
 * units' gradients in the block follow, and none has been formed yet. One kind of factors for each
 * kind of block; {@link UnitGradients} knows the kernels of each.
 */
public sealed interface Factors {
  /** The rows of the micro-batch, by unit. */
  Units units();

  /** Parameters of the block, d_k. */
  long parameters();

  /**
   * Checks that these are factors of a block, and of as many units as were announced.
   *
   * @throws IllegalArgumentException if not; how many units they are of is not said
   */
  default void requireOf(ParameterLayout layout, int k, int announced) {
    if (parameters() != layout.parameters(k) || units().count() != announced) {
      throw new IllegalArgumentException(
          "factors of other units, or of "
              + parameters()
              + " parameters where block "
              + k
              + " has "
              + layout.parameters(k));
    }
  }

  /**
   * Those of a LoRA pair.
   *
   * @param pair what the kernels read
   */
  record LowRank(PairFactors pair) implements Factors {
    @Override
    public Units units() {
      return pair.units();
    }

    @Override
    public long parameters() {
      return pair.shape().parameters();
    }
  }

  /**
   * Those of a LoRA pair whose A is frozen: the gradient of B is scale · Σ dy ⊗ u over the unit's
   * rows, to the bit as where A is trained too. It is that of a pair whose A has no columns (Cin =
   * 0), so the pair's kernels serve, and form, square and add nothing of A.
   *
   * @param shape of the whole pair
   * @param units the rows by unit
   * @param u x Aᵀ [N,R]
   * @param dy gradient of the output [N,Cout]
   */
  record FrozenA(LoraShape shape, Units units, DeviceBuffer u, Rows dy) implements Factors {
    @Override
    public long parameters() {
      return shape.parametersOfB();
    }

    PairFactors pair() {
      LoraShape ofB = new LoraShape(0, shape.outChannels(), shape.rank(), shape.scale());
      return new PairFactors(ofB, units, u, u, dy, u); // nothing reads x or du
    }
  }

  /**
   * Those of a dense layer y = x Wᵀ + b that is trained whole: the gradient of W is Σ dy ⊗ x, that
   * of b is Σ dy, over the unit's rows. Both are those of a LoRA pair of rank Cout whose A is W and
   * whose B, of one row, is b, so the pair's kernels serve.
   *
   * @param units the rows by unit
   * @param in Cin
   * @param out Cout
   * @param x [N,Cin]
   * @param dy [N,Cout], without gaps
   * @param ones N ones; null for a layer without b
   */
  record Dense(Units units, int in, int out, DeviceBuffer x, DeviceBuffer dy, DeviceBuffer ones)
      implements Factors {
    @Override
    public long parameters() {
      return (long) out * in + (ones == null ? 0 : out);
    }

    PairFactors pair() {
      LoraShape shape = new LoraShape(in, ones == null ? 0 : 1, out, 1f);
      Rows rows = new Rows(ones == null ? dy : ones, 1);
      return new PairFactors(shape, units, x, dy, rows, dy);
    }
  }
}
