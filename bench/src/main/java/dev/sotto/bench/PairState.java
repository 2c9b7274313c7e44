package dev.sotto.bench;

import dev.sotto.compute.DenseAlgebra.Product;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.PrivateKernels.PairFactors;
import dev.sotto.compute.PrivateKernels.Units;
import dev.sotto.compute.Rows;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What backpropagation leaves of one LoRA pair: U units of 512 tokens, N rows, P parameters. */
@State(Scope.Benchmark)
public class PairState extends DeviceState {
  private static final double QUANTUM = 0x1p-30;

  /** The projection. */
  @Param("GPT2_768_768")
  public PairShape shape = PairShape.SMOKE;

  /** LoRA rank. */
  @Param("8")
  public int rank = 8;

  /** Privacy units. */
  @Param("8")
  public int units = 3;

  /** Tokens of a unit. */
  @Param("512")
  public int length = 9;

  private double clipNorm;
  private LoraShape lora;
  private DeviceBuffer x;
  private DeviceBuffer u;
  private DeviceBuffer dy;
  private DeviceBuffer du;
  private PairFactors factors;
  DeviceBuffer gradients;
  private DeviceBuffer squaredNorm;
  private DeviceBuffer factor;
  DeviceBuffer sum;
  SeparatePasses passes;

  @Override
  void fill() {
    lora = new LoraShape(shape.inChannels, shape.outChannels, rank, 2f);
    int[] starts = new int[units + 1];
    for (int s = 0; s <= units; s++) {
      starts[s] = s * length;
    }
    Units unitRows = new Units(units, upload(starts), rows());
    x = floats(rows() * shape.inChannels);
    u = floats(rows() * rank);
    dy = floats(rows() * shape.outChannels);
    du = floats(rows() * rank);
    factors = new PairFactors(lora, unitRows, x, u, new Rows(dy, shape.outChannels), du);
    gradients = zeros(ElementType.F32, units * lora.parameters());
    squaredNorm = zeros(ElementType.F64, units);
    factor = zeros(ElementType.F32, units);
    sum = zeros(ElementType.F64, lora.parameters());
    passes = new SeparatePasses(this, units, lora.parameters());
    normsStored();
    double first = squaredNorm.downloadDoubles(1)[0];
    clipNorm = Math.sqrt(first) / 2; // every unit is clipped, to about a half
    clipFactors();
  }

  private long rows() {
    return (long) units * length;
  }

  /** Of x, u, dy and du. */
  double rowBytes() {
    return 4.0 * rows() * (shape.inChannels + shape.outChannels + 2.0 * rank);
  }

  /** Of the gradients of all units. */
  double gradientBytes() {
    return 4.0 * units * lora.parameters();
  }

  /** Of the clipped sum, read and written. */
  double sumBytes() {
    return 16.0 * lora.parameters();
  }

  /** Of forming the gradients once. */
  double flops() {
    return 2.0 * rows() * lora.parameters();
  }

  void norms() {
    norms(null);
  }

  void normsStored() {
    norms(gradients);
  }

  private void norms(DeviceBuffer stored) {
    Rows rows = stored == null ? null : new Rows(stored, lora.parameters());
    device.privatePath().perSampleNorm(factors, false, rows, squaredNorm);
  }

  void clipFactors() {
    double[] clipNorms = {clipNorm};
    device.privatePath().clipFactor(units, 1, squaredNorm, clipNorms, 0, factor);
  }

  void clippedSum() {
    long p = lora.parameters();
    device.privatePath().clippedSum(units, p, new Rows(gradients, p), factor, QUANTUM, sum);
  }

  void clipAndSumPair() {
    device.privatePath().clipAndSumPair(factors, factor, QUANTUM, sum);
  }

  /** dA = duᵀ x and dB = scale · dyᵀ u of every unit: two products a unit, into the gradients. */
  void products() {
    long p = lora.parameters();
    int in = shape.inChannels;
    int out = shape.outChannels;
    for (int s = 0; s < units; s++) {
      long t = (long) s * length;
      DeviceBuffer a = gradients.slice(s * p, (long) rank * in);
      DeviceBuffer b = gradients.slice(s * p + (long) rank * in, (long) rank * out);
      DeviceBuffer unitX = x.slice(t * in, (long) length * in);
      DeviceBuffer unitU = u.slice(t * rank, (long) length * rank);
      DeviceBuffer unitDy = dy.slice(t * out, (long) length * out);
      DeviceBuffer unitDu = du.slice(t * rank, (long) length * rank);
      device
          .dense()
          .gemm(
              Product.ofTransposed(rank, in, length),
              new Rows(unitDu, rank),
              new Rows(unitX, in),
              new Rows(a, in));
      device
          .dense()
          .gemm(
              Product.ofTransposed(out, rank, length),
              lora.scale(),
              new Rows(unitDy, out),
              new Rows(unitU, rank),
              0,
              new Rows(b, rank),
              null);
    }
  }

  /** Norm, clip factor, scaling and sum of what stands in the gradients. */
  void separatePasses() {
    passes.norm(gradients, clipNorm);
    passes.scale(gradients);
    passes.addUp(gradients);
  }

  void separateNorm() {
    passes.norm(gradients, clipNorm);
  }
}
