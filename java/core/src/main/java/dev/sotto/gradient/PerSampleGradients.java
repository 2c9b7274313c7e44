package dev.sotto.gradient;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;

/**
 * The gradients of one micro-batch, one row a privacy unit: {@code gradients} [U, d] and their
 * squared norms per pair [pairs, U]. Raw private data: nothing but the clip may read it.
 *
 * <p>A unit too long for one pass is fed in pieces: call {@link #begin} with {@code accumulate} for
 * every piece after the first.
 */
public final class PerSampleGradients implements GradientSink, AutoCloseable {
  private final Backend backend;
  private final ParameterLayout layout;
  private final int capacity;
  private final DeviceBuffer gradients;
  private final DeviceBuffer[] pairGradients;
  private final DeviceBuffer squaredNorms;
  private int units;
  private boolean accumulate;

  /**
   * Plans memory for {@code capacity} units at a time: 4·U·d + 8·U·pairs bytes.
   *
   * @param backend owner of the memory
   * @param layout the trainable parameters
   * @param capacity most units of a micro-batch, at least 1
   */
  public PerSampleGradients(Backend backend, ParameterLayout layout, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity " + capacity + " is below one unit");
    }
    this.backend = backend;
    this.layout = layout;
    this.capacity = capacity;
    gradients = backend.allocate(ElementType.F32, capacity * layout.parameters());
    pairGradients = new DeviceBuffer[layout.size()];
    for (int k = 0; k < layout.size(); k++) {
      long offset = layout.offset(k);
      pairGradients[k] = gradients.slice(offset, gradients.length() - offset);
    }
    squaredNorms = backend.allocate(ElementType.F64, (long) capacity * layout.size());
  }

  /**
   * Starts a micro-batch of {@code units} privacy units.
   *
   * @param units at most the capacity
   * @param accumulate whether this is a further piece of the unit already here (then {@code units}
   *     is 1)
   */
  public void begin(int units, boolean accumulate) {
    if (units < 0 || units > capacity) {
      throw new IllegalArgumentException("more units than the capacity of " + capacity);
    }
    if (accumulate && (units != 1 || this.units != 1)) {
      throw new IllegalArgumentException("only a single unit can be fed in pieces");
    }
    this.units = units;
    this.accumulate = accumulate;
  }

  @Override
  public void begin(int units, boolean accumulate, boolean complete) {
    begin(units, accumulate);
  }

  @Override
  public void accept(
      int k,
      DeviceBuffer unitStart,
      long rows,
      DeviceBuffer x,
      DeviceBuffer u,
      DeviceBuffer dy,
      long lddy,
      DeviceBuffer du) {
    LoraShape shape = layout.pairs().get(k);
    backend.perSampleNorm(
        shape,
        units,
        unitStart,
        rows,
        x,
        u,
        dy,
        lddy,
        du,
        accumulate,
        pairGradients[k],
        layout.parameters(),
        squaredNorms.slice((long) k * units, units));
  }

  /** The trainable parameters. */
  public ParameterLayout layout() {
    return layout;
  }

  /** Most units of a micro-batch. */
  public int capacity() {
    return capacity;
  }

  @Override
  public int pairs() {
    return layout.size();
  }

  @Override
  public int units() {
    return units;
  }

  /** Gradients [U, d], F32, device. */
  public DeviceBuffer gradients() {
    return gradients;
  }

  @Override
  public DeviceBuffer squaredNorms() {
    return squaredNorms;
  }

  @Override
  public void close() {
    gradients.close();
    squaredNorms.close();
  }
}
