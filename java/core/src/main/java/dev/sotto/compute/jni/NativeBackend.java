package dev.sotto.compute.jni;

import static dev.sotto.compute.jni.Status.check;

import dev.sotto.compute.Backend;
import dev.sotto.compute.DenseAlgebra;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.DeviceTimer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.PrivateKernels;
import dev.sotto.compute.Purpose;
import dev.sotto.compute.StorageType;
import dev.sotto.compute.TransformerKernels;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.Pointer;

/** A backend behind {@code sotto.h}: its memory, and the operations on it in their parts. */
final class NativeBackend implements Backend {
  private static final int DESCRIPTION_BYTES = 1024;

  private final String name;
  private final Purpose purpose;
  private final String reason;
  private final NativeMemory memory;
  private final Traits traits;
  private final DenseAlgebra dense;
  private final TransformerKernels transformer;
  private final PrivateKernels privatePath;
  private final DeviceTimer timer;

  NativeBackend(String name, Purpose purpose, String reason, BackendHandle handle) {
    this.name = name;
    this.purpose = purpose;
    this.reason = reason;
    memory = new NativeMemory(name, handle);
    traits = traits(handle);
    dense = new NativeDense(memory);
    transformer = new NativeTransformer(memory);
    privatePath = new NativePrivatePath(memory);
    timer = new NativeTimer(memory);
  }

  private static Traits traits(BackendHandle handle) {
    try (sotto_traits found = new sotto_traits()) {
      check(SottoNative.sotto_backend_traits(handle, found));
      return new Traits(
          found.device() == SottoNative.SOTTO_GPU ? Device.GPU : Device.CPU,
          found.shares_host_memory() != 0,
          found.has_blas() != 0,
          found.precision() == SottoNative.SOTTO_BF16 ? StorageType.BF16 : StorageType.F32,
          found.isa().getString());
    }
  }

  /** Its memory, for tests. */
  NativeMemory memory() {
    return memory;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Traits traits() {
    return traits;
  }

  @Override
  public Purpose purpose() {
    return purpose;
  }

  @Override
  public String describe() {
    byte[] text = new byte[DESCRIPTION_BYTES];
    check(SottoNative.sotto_backend_describe(memory.handle(), text, text.length));
    int end = 0;
    while (end < text.length && text[end] != 0) {
      end++;
    }
    return new String(text, 0, end, StandardCharsets.UTF_8);
  }

  @Override
  public String reason() {
    return reason;
  }

  @Override
  public DenseAlgebra dense() {
    return dense;
  }

  @Override
  public TransformerKernels transformer() {
    return transformer;
  }

  @Override
  public PrivateKernels privatePath() {
    return privatePath;
  }

  @Override
  public DeviceTimer timer() {
    return timer;
  }

  @Override
  public DeviceBuffer allocate(ElementType type, long length) {
    return memory.allocate(type, length);
  }

  @Override
  public DeviceBuffer weights(StorageType type, ByteBuffer data) {
    long count = type.values(data.remaining());
    Pointer source = direct(data);
    if (type == StorageType.F32 && traits.sharesHostMemory() && source.address() % 4 == 0) {
      return memory.of(ElementType.F32, count, source, false);
    }
    NativeBuffer out = memory.allocate(ElementType.F32, count);
    memory.convert(type, source, count, out);
    return out;
  }

  @Override
  public DeviceBuffer quantisedWeights(StorageType type, ByteBuffer data) {
    return new QuantisedBuffer(memory, type, direct(data), type.values(data.remaining()));
  }

  @Override
  public DeviceBuffer bf16Weights(ByteBuffer data) {
    long count = data.remaining() / ElementType.BF16.bytes();
    Pointer source = direct(data);
    if (traits.sharesHostMemory() && source.address() % 2 == 0) {
      return memory.of(ElementType.BF16, count, source, false);
    }
    NativeBuffer out = memory.allocate(ElementType.BF16, count);
    memory.upload(out, source, out.bytes());
    return out;
  }

  private static Pointer direct(ByteBuffer data) {
    if (!data.isDirect()) {
      throw new IllegalArgumentException("weights must be in a direct buffer");
    }
    return new Pointer(data.slice());
  }

  @Override
  public long allocations() {
    return memoryStats()[0];
  }

  @Override
  public long liveBytes() {
    return memoryStats()[1];
  }

  private long[] memoryStats() {
    long[] allocations = new long[1];
    long[] live = new long[1];
    check(SottoNative.sotto_memory_stats(memory.handle(), allocations, live));
    return new long[] {allocations[0], live[0]};
  }

  @Override
  public void rehearse(Runnable step) {
    check(SottoNative.sotto_backend_rehearse(memory.handle(), 1));
    try {
      step.run();
    } finally {
      check(SottoNative.sotto_backend_rehearse(memory.handle(), 0));
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
