package dev.sotto.gradient;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Rows;

/**
 * The gradients of one micro-batch, one row a privacy unit: {@code gradients} [U, d] and their
 * squared norms per block [K, U]. Raw private data: nothing but the clip may read it.
 */
public final class PerSampleGradients implements GradientSink, AutoCloseable {
  private final ParameterLayout layout;
  private final UnitGradients unitGradients;
  private final int capacity;
  private final DeviceBuffer gradients;
  private final DeviceBuffer[] blocks;
  private final DeviceBuffer squaredNorms;
  private int units;
  private Part part;

  /**
   * Plans memory for {@code capacity} units at a time: 4·U·d + 8·U·K bytes.
   *
   * @param backend owner of the memory
   * @param layout the trainable parameters
   * @param capacity most units of a micro-batch, at least 1
   */
  public PerSampleGradients(Backend backend, ParameterLayout layout, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity " + capacity + " is below one unit");
    }
    this.layout = layout;
    this.capacity = capacity;
    unitGradients = new UnitGradients(backend);
    gradients = backend.allocate(ElementType.F32, capacity * layout.parameters());
    blocks = new DeviceBuffer[layout.size()];
    for (int k = 0; k < layout.size(); k++) {
      long offset = layout.offset(k);
      blocks[k] = gradients.slice(offset, gradients.length() - offset);
    }
    squaredNorms = backend.allocate(ElementType.F64, (long) capacity * layout.size());
  }

  /**
   * Starts a micro-batch of whole units.
   *
   * @param units at most the capacity
   */
  public void begin(int units) {
    begin(units, Part.WHOLE);
  }

  /**
   * Starts a micro-batch, or goes on with the single unit that is already here.
   *
   * @param units at most the capacity; 1 where they come in pieces
   */
  public void begin(int units, Part part) {
    if (units < 0 || units > capacity) {
      throw new IllegalArgumentException("more units than the capacity of " + capacity);
    }
    if (part.accumulates() && (units != 1 || this.units != 1)) {
      throw new IllegalArgumentException("only a single unit can be fed in pieces");
    }
    this.units = units;
    this.part = part;
  }

  @Override
  public void accept(int k, Factors factors) {
    factors.requireOf(layout, k, units);
    unitGradients.form(
        factors, part.accumulates(), new Rows(blocks[k], layout.parameters()), normsOf(k));
  }

  private DeviceBuffer normsOf(int k) {
    return squaredNorms.slice((long) k * units, units);
  }

  /** The trainable parameters. */
  public ParameterLayout layout() {
    return layout;
  }

  /** Most units of a micro-batch. */
  public int capacity() {
    return capacity;
  }

  /** Units of the current micro-batch, U. */
  public int units() {
    return units;
  }

  /** Gradients [U, d], F32, device. */
  public DeviceBuffer gradients() {
    return gradients;
  }

  /** How long they are. */
  public UnitNorms norms() {
    return new UnitNorms(layout.size(), units, squaredNorms);
  }

  @Override
  public void close() {
    gradients.close();
    squaredNorms.close();
  }
}
