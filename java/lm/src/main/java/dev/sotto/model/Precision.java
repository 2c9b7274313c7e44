package dev.sotto.model;

import dev.sotto.compute.Backend;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.StorageType;

/**
 * What a loaded model's frozen matrices (projections, and a head of its own) are held in. Embedding
 * tables, a head tied to one, norms, biases, adapters and activations are in F32 with either. A
 * product with a matrix in BF16 rounds its other factor to BF16 and sums in F32, as the tensor
 * cores of a GPU do; all other arithmetic is in F32.
 */
public enum Precision {
  /** As they are in the file, or wider; quantised blocks are unpacked for each product. */
  F32(ElementType.F32),
  /** Half the memory; F32 and F16 matrices are rounded to the nearest, ties to even. */
  BF16(ElementType.BF16);

  private final ElementType matrices;

  Precision(ElementType matrices) {
    this.matrices = matrices;
  }

  ElementType matrices() {
    return matrices;
  }

  /** BF16 on a GPU, where memory is what runs out; F32 on the CPU. */
  public static Precision defaultOf(Backend backend) {
    return backend.traits().precision() == StorageType.BF16 ? BF16 : F32;
  }
}
