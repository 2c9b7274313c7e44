package dev.sotto.compute.jni;

import static dev.sotto.compute.jni.Status.check;

import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.LibraryFolder;
import dev.sotto.compute.LoraShape;
import dev.sotto.compute.NoiseLaw;
import dev.sotto.compute.Purpose;
import dev.sotto.compute.WeightUpdate;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The backends behind {@code sotto.h}: LoRA and the path from per-sample gradients to an update, on
 * top of the transformer's operations. Each operation checks that its buffers are of the right type
 * and long enough, and makes one call; C checks the shapes.
 */
public final class NativeBackend extends NativeTransformer {
  private static final int KEY_BYTES = 32;

  private NativeBackend(String name, Purpose purpose, String reason, BackendHandle handle) {
    super(name, purpose, reason, handle);
  }

  /**
   * Opens a native backend.
   *
   * @param name {@code cpu}, {@code cpu-reference} or {@code cuda}
   * @param threads worker threads, 0 for all
   * @param purpose whether private records are computed on
   * @param reason why this backend was taken, for {@link #reason}
   * @throws UnsupportedOperationException if it cannot run here
   */
  public static NativeBackend open(String name, int threads, Purpose purpose, String reason) {
    try {
      NativeLibraries.load();
    } catch (UnsatisfiedLinkError e) {
      throw new UnsupportedOperationException(
          "the native kernels do not load on this machine from "
              + LibraryFolder.of(NativeLibraries.CACHE)
              + ": "
              + e.getMessage()
              + " ("
              + LibraryFolder.SETTING
              + " moves that folder)",
          e);
    }
    String blas = name.startsWith("cpu") ? NativeLibraries.blas(purpose) : null;
    String cuda = name.equals("cuda") ? NativeLibraries.cuda() : null;
    BackendHandle handle = new BackendHandle();
    check(SottoNative.sotto_backend_open(name, threads, purpose.ordinal(), blas, cuda, handle));
    return new NativeBackend(name, purpose, reason, handle);
  }

  @Override
  public void loraForward(
      LoraShape shape,
      long rows,
      DeviceBuffer x,
      DeviceBuffer a,
      DeviceBuffer b,
      DeviceBuffer u,
      DeviceBuffer y,
      long ldy) {
    int rank = shape.rank();
    check(
        SottoNative.sotto_lora_forward(
            handle(),
            rows,
            shape.inChannels(),
            shape.outChannels(),
            rank,
            shape.scale(),
            f(x, rows * shape.inChannels()),
            f(a, (long) rank * shape.inChannels()),
            f(b, (long) rank * shape.outChannels()),
            f(u, rows * rank),
            f(y, span(rows, shape.outChannels(), ldy)),
            ldy));
  }

  @Override
  public void loraBackward(
      LoraShape shape,
      long rows,
      DeviceBuffer dy,
      long lddy,
      DeviceBuffer a,
      DeviceBuffer b,
      DeviceBuffer du,
      DeviceBuffer dx) {
    int rank = shape.rank();
    check(
        SottoNative.sotto_lora_backward(
            handle(),
            rows,
            shape.inChannels(),
            shape.outChannels(),
            rank,
            shape.scale(),
            f(dy, span(rows, shape.outChannels(), lddy)),
            lddy,
            f(a, (long) rank * shape.inChannels()),
            f(b, (long) rank * shape.outChannels()),
            f(du, rows * rank),
            f(dx, rows * shape.inChannels())));
  }

  @Override
  public void perSampleNorm(
      LoraShape shape,
      long units,
      DeviceBuffer unitStart,
      long rows,
      DeviceBuffer x,
      DeviceBuffer u,
      DeviceBuffer dy,
      long lddy,
      DeviceBuffer du,
      boolean accumulate,
      DeviceBuffer gradients,
      long gradientStride,
      DeviceBuffer squaredNorm) {
    int rank = shape.rank();
    check(
        SottoNative.sotto_per_sample_norm(
            handle(),
            units,
            i(unitStart, units + 1),
            shape.inChannels(),
            shape.outChannels(),
            rank,
            shape.scale(),
            f(x, rows * shape.inChannels()),
            f(u, rows * rank),
            f(dy, span(rows, shape.outChannels(), lddy)),
            lddy,
            f(du, rows * rank),
            flag(accumulate),
            f(gradients, span(units, shape.parameters(), gradientStride)),
            gradientStride,
            d(squaredNorm, units)));
  }

  @Override
  public void squaredNorm(long count, DeviceBuffer x, DeviceBuffer squaredNorm) {
    check(SottoNative.sotto_squared_norm(handle(), count, f(x, count), d(squaredNorm, 1)));
  }

  @Override
  public void clipFactor(
      long units,
      long pairs,
      DeviceBuffer squaredNorm,
      double[] clipNorm,
      double stabilizer,
      DeviceBuffer factor) {
    DoublePointer norms = new DoublePointer(staging(8L * clipNorm.length));
    norms.put(clipNorm);
    check(
        SottoNative.sotto_clip_factor(
            handle(),
            units,
            pairs,
            clipNorm.length,
            d(squaredNorm, units * pairs),
            norms,
            stabilizer,
            f(factor, units * clipNorm.length)));
  }

  @Override
  public void clippedSum(
      long units,
      long parameters,
      DeviceBuffer gradients,
      long gradientStride,
      DeviceBuffer factor,
      double quantum,
      DeviceBuffer sum) {
    check(
        SottoNative.sotto_clipped_sum(
            handle(),
            units,
            parameters,
            f(gradients, span(units, parameters, gradientStride)),
            gradientStride,
            f(factor, units),
            quantum,
            d(sum, parameters)));
  }

  @Override
  public void clipAndSumPair(
      LoraShape shape,
      long units,
      DeviceBuffer unitStart,
      long rows,
      DeviceBuffer x,
      DeviceBuffer u,
      DeviceBuffer dy,
      long lddy,
      DeviceBuffer du,
      DeviceBuffer factor,
      double quantum,
      DeviceBuffer sum) {
    int rank = shape.rank();
    check(
        SottoNative.sotto_clip_and_sum_pair(
            handle(),
            units,
            i(unitStart, units + 1),
            shape.inChannels(),
            shape.outChannels(),
            rank,
            shape.scale(),
            f(x, rows * shape.inChannels()),
            f(u, rows * rank),
            f(dy, span(rows, shape.outChannels(), lddy)),
            lddy,
            f(du, rows * rank),
            f(factor, units),
            quantum,
            d(sum, shape.parameters())));
  }

  @Override
  public void addNoise(
      NoiseLaw law,
      long parameters,
      double scale,
      double quantum,
      byte[] key,
      long step,
      int tensor,
      long firstIndex,
      DeviceBuffer sum,
      double multiplier,
      DeviceBuffer out) {
    try {
      check(
          SottoNative.sotto_add_noise(
              handle(),
              law.kind().ordinal(),
              parameters,
              scale,
              quantum,
              hostKey(key),
              step,
              tensor,
              firstIndex,
              quantiles(law),
              law.segments(),
              law.largest(),
              d(sum, parameters),
              multiplier,
              f(out, parameters)));
    } finally {
      wipeHostKey();
    }
  }

  @Override
  public void step(WeightUpdate update, DeviceBuffer gradient) {
    long parameters = update.weights().length();
    if (update instanceof WeightUpdate.Sgd sgd) {
      check(
          SottoNative.sotto_sgd_step(
              handle(),
              parameters,
              sgd.rate(),
              sgd.momentum(),
              sgd.weightDecay(),
              f(gradient, parameters),
              f(sgd.velocity(), parameters),
              f(sgd.weights(), parameters)));
    } else if (update instanceof WeightUpdate.AdamW adamw) {
      check(
          SottoNative.sotto_adamw_step(
              handle(),
              parameters,
              adamw.rate(),
              adamw.beta1(),
              adamw.beta2(),
              adamw.epsilon(),
              adamw.weightDecay(),
              adamw.step(),
              f(gradient, parameters),
              f(adamw.firstMoment(), parameters),
              f(adamw.secondMoment(), parameters),
              f(adamw.weights(), parameters)));
    }
  }

  @Override
  public void noisyStep(
      NoiseLaw law,
      double scale,
      double quantum,
      byte[] key,
      long step,
      int tensor,
      long firstIndex,
      DeviceBuffer sum,
      double multiplier,
      DeviceBuffer released,
      WeightUpdate update) {
    long parameters = update.weights().length();
    try {
      if (update instanceof WeightUpdate.Sgd sgd) {
        check(
            SottoNative.sotto_noisy_sgd_step(
                handle(),
                law.kind().ordinal(),
                parameters,
                scale,
                quantum,
                hostKey(key),
                step,
                tensor,
                firstIndex,
                quantiles(law),
                law.segments(),
                law.largest(),
                d(sum, parameters),
                multiplier,
                f(released, parameters),
                sgd.rate(),
                sgd.momentum(),
                sgd.weightDecay(),
                f(sgd.velocity(), parameters),
                f(sgd.weights(), parameters)));
      } else if (update instanceof WeightUpdate.AdamW adamw) {
        check(
            SottoNative.sotto_noisy_adamw_step(
                handle(),
                law.kind().ordinal(),
                parameters,
                scale,
                quantum,
                hostKey(key),
                step,
                tensor,
                firstIndex,
                quantiles(law),
                law.segments(),
                law.largest(),
                d(sum, parameters),
                multiplier,
                f(released, parameters),
                adamw.rate(),
                adamw.beta1(),
                adamw.beta2(),
                adamw.epsilon(),
                adamw.weightDecay(),
                adamw.step(),
                f(adamw.firstMoment(), parameters),
                f(adamw.secondMoment(), parameters),
                f(adamw.weights(), parameters)));
      }
    } finally {
      wipeHostKey();
    }
  }

  private BytePointer hostKey(byte[] key) {
    if (key.length != KEY_BYTES) {
      throw new IllegalArgumentException("a noise key has 32 bytes, not " + key.length);
    }
    BytePointer host = new BytePointer(staging(KEY_BYTES));
    host.put(key);
    return host;
  }

  /** The staging memory outlives the call and serves others. */
  private void wipeHostKey() {
    Pointer.memset(staging(KEY_BYTES), 0, KEY_BYTES);
  }

  private DoublePointer quantiles(NoiseLaw law) {
    return d(law.quantiles(), law.quantiles() == null ? 0 : law.quantiles().length());
  }
}
