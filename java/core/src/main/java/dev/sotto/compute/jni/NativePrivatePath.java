package dev.sotto.compute.jni;

import static dev.sotto.compute.jni.Status.check;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.DrawnNoise;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.Noise;
import dev.sotto.compute.PrivateKernels;
import dev.sotto.compute.Rows;
import dev.sotto.compute.WeightUpdate;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Pointer;

/** The path from per-sample gradients to an update, one native call an operation. */
final class NativePrivatePath implements PrivateKernels {
  private static final int KEY_BYTES = 32;

  private final NativeMemory memory;

  NativePrivatePath(NativeMemory memory) {
    this.memory = memory;
  }

  @Override
  public void perSampleNorm(
      PairFactors factors, boolean accumulate, Rows gradients, DeviceBuffer squaredNorm) {
    long units = factors.units().count();
    sotto_per_sample_norm_request request =
        new sotto_per_sample_norm_request(memory.request())
            .accumulate(accumulate ? 1 : 0)
            .gradients(memory.floats(gradients, units, factors.shape().parameters()))
            .gradient_stride(gradients == null ? 0 : gradients.stride())
            .squared_norm(memory.doubles(squaredNorm, units));
    fill(request.factors(), factors);
    check(SottoNative.sotto_per_sample_norm(memory.handle(), request));
  }

  @Override
  public void clipFactor(
      long units,
      long pairs,
      DeviceBuffer squaredNorm,
      double[] clipNorm,
      double stabilizer,
      DeviceBuffer factor) {
    DoublePointer norms = new DoublePointer(memory.staging(8L * clipNorm.length));
    norms.put(clipNorm);
    check(
        SottoNative.sotto_clip_factor(
            memory.handle(),
            new sotto_clip_factor_request(memory.request())
                .units(units)
                .pairs(pairs)
                .groups(clipNorm.length)
                .squared_norm(memory.doubles(squaredNorm, units * pairs))
                .clip_norm(norms)
                .stabilizer(stabilizer)
                .factor(memory.floats(factor, units * clipNorm.length))));
  }

  @Override
  public void clippedSum(
      long units,
      long parameters,
      Rows gradients,
      DeviceBuffer factor,
      double quantum,
      DeviceBuffer sum) {
    check(
        SottoNative.sotto_clipped_sum(
            memory.handle(),
            new sotto_clipped_sum_request(memory.request())
                .units(units)
                .parameters(parameters)
                .gradients(memory.floats(gradients, units, parameters))
                .gradient_stride(gradients.stride())
                .factor(memory.floats(factor, units))
                .quantum(quantum)
                .sum(memory.doubles(sum, parameters))));
  }

  @Override
  public void clipAndSumPair(
      PairFactors factors, DeviceBuffer factor, double quantum, DeviceBuffer sum) {
    sotto_clip_and_sum_pair_request request =
        new sotto_clip_and_sum_pair_request(memory.request())
            .factor(memory.floats(factor, factors.units().count()))
            .quantum(quantum)
            .sum(memory.doubles(sum, factors.shape().parameters()));
    fill(request.factors(), factors);
    check(SottoNative.sotto_clip_and_sum_pair(memory.handle(), request));
  }

  private void fill(sotto_pair_factors request, PairFactors factors) {
    LoraShape shape = factors.shape();
    long rows = factors.units().rows();
    long units = factors.units().count();
    NativeTransformer.fill(request.shape(), shape);
    request
        .units(units)
        .unit_start(memory.ints(factors.units().start(), units + 1))
        .x(memory.floats(factors.x(), rows * shape.inChannels()))
        .u(memory.floats(factors.u(), rows * shape.rank()))
        .dy(memory.floats(factors.dy(), rows, shape.outChannels()))
        .lddy(factors.dy().stride())
        .du(memory.floats(factors.du(), rows * shape.rank()));
  }

  @Override
  public void addNoise(Noise noise, DeviceBuffer out) {
    try {
      sotto_add_noise_request request = new sotto_add_noise_request(memory.request());
      fill(request.noise(), noise);
      request.out(memory.floats(out, noise.parameters()));
      check(SottoNative.sotto_add_noise(memory.handle(), request));
    } finally {
      wipeHostKey();
    }
  }

  @Override
  public void step(WeightUpdate update, DeviceBuffer gradient) {
    long parameters = update.weights().length();
    if (update instanceof WeightUpdate.Sgd sgd) {
      sotto_sgd_step_request request =
          new sotto_sgd_step_request(memory.request())
              .parameters(parameters)
              .gradient(memory.floats(gradient, parameters));
      fill(request.update(), sgd);
      check(SottoNative.sotto_sgd_step(memory.handle(), request));
    } else if (update instanceof WeightUpdate.AdamW adamw) {
      sotto_adamw_step_request request =
          new sotto_adamw_step_request(memory.request())
              .parameters(parameters)
              .gradient(memory.floats(gradient, parameters));
      fill(request.update(), adamw);
      check(SottoNative.sotto_adamw_step(memory.handle(), request));
    }
  }

  @Override
  public void noisyStep(Noise noise, DeviceBuffer released, WeightUpdate update) {
    long parameters = update.weights().length();
    if (noise.parameters() != parameters) {
      throw new IllegalArgumentException(
          "noise of " + noise.parameters() + " parameters for an update of " + parameters);
    }
    try {
      if (update instanceof WeightUpdate.Sgd sgd) {
        sotto_noisy_sgd_step_request request = new sotto_noisy_sgd_step_request(memory.request());
        fill(request.noise(), noise);
        fill(request.update(), sgd);
        request.released(memory.floats(released, parameters));
        check(SottoNative.sotto_noisy_sgd_step(memory.handle(), request));
      } else if (update instanceof WeightUpdate.AdamW adamw) {
        sotto_noisy_adamw_step_request request =
            new sotto_noisy_adamw_step_request(memory.request());
        fill(request.noise(), noise);
        fill(request.update(), adamw);
        request.released(memory.floats(released, parameters));
        check(SottoNative.sotto_noisy_adamw_step(memory.handle(), request));
      }
    } finally {
      wipeHostKey();
    }
  }

  private void fill(sotto_sgd request, WeightUpdate.Sgd sgd) {
    long parameters = sgd.weights().length();
    request
        .rate(sgd.rate())
        .momentum(sgd.momentum())
        .weight_decay(sgd.weightDecay())
        .velocity(memory.floats(sgd.velocity(), parameters))
        .weights(memory.floats(sgd.weights(), parameters));
  }

  private void fill(sotto_adamw request, WeightUpdate.AdamW adamw) {
    long parameters = adamw.weights().length();
    request
        .rate(adamw.rule().rate())
        .beta1(adamw.rule().beta1())
        .beta2(adamw.rule().beta2())
        .epsilon(adamw.rule().epsilon())
        .weight_decay(adamw.rule().weightDecay())
        .step(adamw.step())
        .first_moment(memory.floats(adamw.firstMoment(), parameters))
        .second_moment(memory.floats(adamw.secondMoment(), parameters))
        .weights(memory.floats(adamw.weights(), parameters));
  }

  /** Puts a copy of the key into staging memory: the caller wipes it, whatever happens. */
  private void fill(sotto_noise request, Noise noise) {
    DrawnNoise law = noise.law();
    Noise.Address address = noise.address();
    long quantiles = law.quantiles() == null ? 0 : law.quantiles().length();
    request
        .law(law.kind().code())
        .parameters(noise.parameters())
        .scale(noise.scale())
        .quantum(noise.quantum())
        .key(hostKey(address.key()))
        .step(address.step())
        .tensor(address.tensor())
        .first_index(address.firstIndex())
        .quantiles(memory.doubles(law.quantiles(), quantiles))
        .segments(law.segments())
        .largest(law.largest())
        .sum(memory.doubles(noise.sum(), noise.parameters()))
        .multiplier(noise.multiplier());
  }

  private BytePointer hostKey(byte[] key) {
    if (key.length != KEY_BYTES) {
      throw new IllegalArgumentException("a noise key has 32 bytes, not " + key.length);
    }
    BytePointer host = new BytePointer(memory.staging(KEY_BYTES));
    host.put(key);
    return host;
  }

  /** The staging memory outlives the call and serves others. */
  private void wipeHostKey() {
    Pointer.memset(memory.staging(KEY_BYTES), 0, KEY_BYTES);
  }
}
