package dev.sotto.examples;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.PrivateKernels.PairFactors;
import dev.sotto.compute.PrivateKernels.Units;
import dev.sotto.compute.Rows;
import dev.sotto.gradient.Factors;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.NoiseMechanism;
import dev.sotto.mechanism.PoissonSampler;
import dev.sotto.mechanism.Privatized;
import java.util.List;
import java.util.Random;

/** A trainer with its own LoRA factors that leaves clipping, noise and accounting to the core. */
public final class Main {
  private static final LoraShape PAIR = new LoraShape(64, 96, 4, 2f); // Cin, Cout, R, alpha / R
  private static final int ROWS = 8; // tokens a privacy unit has here
  private static final int MICRO = 16; // units at a time
  private static final Random TRAINER = new Random(1); // stands for the forward and backward pass

  /** Finds the noise, releases three steps and prints what they cost. */
  public static void main(String[] args) {
    int units = 10_000; // N, public
    double q = 64.0 / units;
    double delta = 1e-6;
    long planned = 1000;
    Accountant accountant = Accountant.pld();
    double z = Calibration.noiseMultiplier(accountant, 4, delta, q, planned);
    System.out.printf("noise multiplier %.4f%n", z);

    ParameterLayout layout = ParameterLayout.ofPairs(List.of(PAIR));
    Clipping clipping = Clipping.flat(1.0);
    NoiseKey key = NoiseKey.fromOperatingSystem();
    PoissonSampler sampler = new PoissonSampler(key.sampling(), q, units);
    double[] sensitivity = {clipping.groups(layout).get(0).sensitivity()};
    GaussianEvent noise = GaussianEvent.ofGroups(sensitivity, new double[] {z * sensitivity[0]});
    PoissonSampledEvent event = new PoissonSampledEvent(q, noise);
    try (Backend backend = Backends.open("cpu", 0);
        NoiseMechanism mechanism = new NoiseMechanism(key);
        PerSampleGradients gradients = new PerSampleGradients(backend, layout, MICRO);
        ClippedGradSum sum = new ClippedGradSum(backend, layout, MICRO, clipping);
        DeviceBuffer out = backend.allocate(ElementType.F32, layout.parameters())) {
      for (long step = 1; step <= 3; step++) {
        sum.reset(clipping);
        int[] drawn = sampler.sample(step); // sensitive, like everything up to the release
        for (int from = 0; from < drawn.length; from += MICRO) {
          differentiate(backend, gradients, Math.min(MICRO, drawn.length - from));
          sum.add(gradients);
        }
        // A real trainer writes the event to durable storage here, before the noise is drawn.
        Privatized<DeviceBuffer> gradient =
            mechanism.release(sum, noise, step, 1 / (q * units), out);
        float first = gradient.value().downloadFloats(1)[0];
        double spent = accountant.epsilonUpper(event.repeated(step), delta);
        System.out.printf("step %d: gradient[0] = %+.5f, epsilon %.4f%n", step, first, spent);
      }
      double all = accountant.epsilonUpper(event.repeated(planned), delta);
      System.out.printf("all %d steps: epsilon %.4f at delta %.0e%n", planned, all, delta);
    }
  }

  /** Row t of a unit gives x [Cin], u = xA' [R], dy [Cout] and du = scale dy B [R], packed. */
  private static void differentiate(Backend backend, PerSampleGradients gradients, int units) {
    int[] start = new int[units + 1];
    for (int s = 1; s <= units; s++) {
      start[s] = s * ROWS;
    }
    gradients.begin(units);
    try (DeviceBuffer unitStart = backend.allocate(ElementType.I32, start.length);
        DeviceBuffer x = rows(backend, units, PAIR.inChannels());
        DeviceBuffer u = rows(backend, units, PAIR.rank());
        DeviceBuffer dy = rows(backend, units, PAIR.outChannels());
        DeviceBuffer du = rows(backend, units, PAIR.rank())) {
      unitStart.upload(start, start.length);
      Units rows = new Units(units, unitStart, (long) units * ROWS);
      Rows outputGradient = new Rows(dy, PAIR.outChannels());
      PairFactors pair = new PairFactors(PAIR, rows, x, u, outputGradient, du);
      gradients.accept(0, new Factors.LowRank(pair));
    }
  }

  private static DeviceBuffer rows(Backend backend, int units, int width) {
    float[] values = new float[units * ROWS * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) TRAINER.nextGaussian();
    }
    DeviceBuffer buffer = backend.allocate(ElementType.F32, values.length);
    buffer.upload(values);
    return buffer;
  }
}
