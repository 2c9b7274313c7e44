package dev.sotto.bench;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.DrawnNoise;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.Noise;
import dev.sotto.compute.WeightUpdate;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.QuantileTable;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A clipped sum of P parameters, and an optimizer's state. */
@State(Scope.Benchmark)
public class NoiseState extends DeviceState {
  private static final double QUANTUM = 0x1p-30;
  private static final LmoNoise MIXED =
      new LmoNoise(
          new LmoNoise.Gamma(0.1, 1, 0.5),
          new LmoNoise.Exponential(0.1, 5),
          new LmoNoise.Uniform(0.1, 1, 2),
          LmoNoise.TruncatedNormal.none());

  /** P: LoRA of rank 8 on every projection of GPT-2 small; 19988480 of Llama 7B. */
  @Param("1179648")
  public int parameters = 1000;

  private final byte[] key = new byte[32];
  private DeviceBuffer sum;
  private DeviceBuffer floatSum;
  DeviceBuffer released;
  private DeviceBuffer firstMoment;
  private DeviceBuffer secondMoment;
  DeviceBuffer weights;
  DrawnNoise lmo;
  long step;

  @Override
  void fill() {
    sum = zeros(ElementType.F64, parameters);
    floatSum = zeros(ElementType.F32, parameters);
    released = zeros(ElementType.F32, parameters);
    firstMoment = zeros(ElementType.F32, parameters);
    secondMoment = zeros(ElementType.F32, parameters);
    weights = zeros(ElementType.F32, parameters);
    QuantileTable table = QuantileTable.of(MIXED);
    DeviceBuffer quantiles = zeros(ElementType.F64, table.coefficients().length);
    quantiles.upload(table.coefficients(), table.coefficients().length);
    lmo = DrawnNoise.lmo(quantiles, table.largest());
  }

  void addNoise(DrawnNoise law) {
    device.privatePath().addNoise(noise(law), released);
  }

  /** Draws into memory and adds: two passes where {@link #addNoise} is one. */
  void drawThenAdd(DrawnNoise law) {
    addNoise(law);
    device.dense().add(parameters, floatSum, released, released);
  }

  void adamW() {
    device.privatePath().step(update(), released);
  }

  void noisyAdamW(DrawnNoise law) {
    WeightUpdate update = update();
    device.privatePath().noisyStep(noise(law), null, update);
  }

  /** The next of a series. */
  private Noise noise(DrawnNoise law) {
    Noise.Address address = new Noise.Address(key, ++step, 0, 0);
    return new Noise(law, 1, QUANTUM, address, parameters, sum, 1);
  }

  private WeightUpdate update() {
    WeightUpdate.AdamW.Rule rule = new WeightUpdate.AdamW.Rule(1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f);
    return new WeightUpdate.AdamW(rule, step + 1, firstMoment, secondMoment, weights);
  }
}
