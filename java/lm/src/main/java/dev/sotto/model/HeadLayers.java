package dev.sotto.model;

import dev.sotto.base.InputException;
import dev.sotto.compute.Activation;
import dev.sotto.compute.Backend;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.PrivateKernels.Units;
import dev.sotto.compute.Rows;
import dev.sotto.compute.TransformerKernels.Logits;
import dev.sotto.gradient.Factors;
import dev.sotto.gradient.GradientSink;
import dev.sotto.model.ClassifierSpec.DenseLayer;
import dev.sotto.model.ClassifierSpec.Objective;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * From one vector a sequence, [B,Cin], through dense layers to logits [B,K] and the losses [B]: all
 * layers of a head, or those from the first that is trained.
 */
final class HeadLayers implements AutoCloseable {
  /** A layer of this pass: what it computes, and where its rows stand. */
  private record Layer(DenseLayer spec, Linear linear, int block, DeviceBuffer z, DeviceBuffer y) {
    /** What it gives: z, or f(z). */
    DeviceBuffer output() {
      return spec.activation().isPresent() ? y : z;
    }
  }

  private final Backend backend;
  private final ClassifierSpec spec;
  private final List<Layer> layers = new ArrayList<>();
  private final List<DeviceBuffer> owned = new ArrayList<>();
  private final DeviceBuffer ones;
  private final DeviceBuffer sequenceLoss;
  private final DeviceBuffer[] gradients = new DeviceBuffer[2];
  private final DeviceBuffer sharedU;
  private final int firstTrained;

  /**
   * Plans the layers.
   *
   * @param from the first of the head's layers that is here
   * @param lora holds the layers that are trained, and pairs of those that are not; null for the
   *     layers that came with the model
   * @param sharedU where u of a pair goes when it need not be kept, or null
   * @param du scratch of the pairs' backward pass; null where there is none
   */
  HeadLayers(
      LanguageModel model,
      int from,
      LoraAdapters lora,
      PassCapacity capacity,
      DeviceBuffer sharedU,
      DeviceBuffer du) {
    backend = model.backend();
    this.sharedU = sharedU;
    spec = (ClassifierSpec) model.config().head();
    boolean train = capacity.mode() == PassCapacity.Mode.TRAIN;
    int sequences = capacity.sequences();
    firstTrained = firstTrained(spec) - from;
    int widest = spec.layers().get(from).in();
    for (int i = from; i < spec.layers().size(); i++) {
      DenseLayer layer = spec.layers().get(i);
      LinearWeights stored = model.classifier.get(i);
      int block = lora == null ? -1 : lora.trainedLayer(layer.module());
      LinearWeights weights = block < 0 ? stored : lora.trained(block);
      if (weights.weight() == null) {
        throw new InputException(
            "the model has no weights of its head '"
                + layer.module()
                + "'; name an adapter that has them");
      }
      Linear linear =
          new Linear(backend, weights, block < 0 ? lora : null, null, sequences, sharedU, du);
      DeviceBuffer z = take((long) sequences * layer.out());
      DeviceBuffer y = layer.activation().isPresent() ? take((long) sequences * layer.out()) : null;
      layers.add(new Layer(layer, linear, block, z, y));
      widest = Math.max(widest, layer.out());
    }
    sequenceLoss = take(sequences);
    ones = train ? take(sequences) : null;
    if (train) {
      float[] one = new float[sequences];
      Arrays.fill(one, 1f);
      ones.upload(one);
      gradients[0] = take((long) sequences * widest);
      gradients[1] = take((long) sequences * widest);
    }
  }

  /** The index of a head's first layer that is trained; what is before it never changes alone. */
  static int firstTrained(ClassifierSpec spec) {
    int first = 0;
    while (first < spec.layers().size() - 1 && !spec.layers().get(first).trained()) {
      first++;
    }
    return first;
  }

  private DeviceBuffer take(long length) {
    DeviceBuffer buffer = backend.allocate(ElementType.F32, length);
    owned.add(buffer);
    return buffer;
  }

  /** What the first layer that is trained sees of vectors, on the host. */
  float[] features(DeviceBatch batch, DeviceBuffer pooled) {
    int sequences = batch.sequences();
    DeviceBuffer x = forward(sequences, pooled, firstTrained);
    return x.downloadFloats(sequences * spec.layers().get(firstTrained).in());
  }

  /** The logits of vectors, on the host. */
  float[] logits(DeviceBatch batch, DeviceBuffer pooled) {
    forward(batch.sequences(), pooled);
    return last().z().downloadFloats(batch.sequences() * spec.outputs());
  }

  /** The losses, on the device. */
  DeviceBuffer losses(DeviceBatch batch, DeviceBuffer pooled) {
    forward(batch.sequences(), pooled);
    loss(batch, false);
    return sequenceLoss;
  }

  /**
   * As {@link #losses}, and the gradients of what is trained, into {@code sink}.
   *
   * @param below whether anything below the layers needs {@link #gradient}
   */
  DeviceBuffer lossesAndGradient(
      DeviceBatch batch, DeviceBuffer pooled, boolean below, GradientSink sink) {
    forward(batch.sequences(), pooled);
    loss(batch, true);
    int sequences = batch.sequences();
    Units units = batch.sequenceUnits();
    DeviceBuffer d = last().z();
    for (int i = layers.size() - 1; i >= 0; i--) {
      Layer layer = layers.get(i);
      int out = layer.spec().out();
      if (layer.spec().activation().isPresent()) {
        Activation f = layer.spec().activation().get();
        backend.transformer().activationBackward(f, (long) sequences * out, layer.z(), d, d);
      }
      DeviceBuffer x = i == 0 ? pooled : layers.get(i - 1).output();
      DeviceBuffer dx = i > 0 || below ? gradients[i % 2] : null;
      layer.linear().backward(units, x, d, out, dx, false, sink);
      if (layer.block() >= 0 && sink != null) {
        DeviceBuffer bias = layer.spec().bias() ? ones : null;
        sink.accept(layer.block(), new Factors.Dense(units, layer.spec().in(), out, x, d, bias));
      }
      d = dx;
    }
    return sequenceLoss;
  }

  /** The gradient of the vectors, [B,C], after {@link #lossesAndGradient}. */
  DeviceBuffer gradient() {
    return gradients[0];
  }

  private void forward(int sequences, DeviceBuffer pooled) {
    forward(sequences, pooled, layers.size());
  }

  /** Through the first {@code count} layers. */
  private DeviceBuffer forward(int sequences, DeviceBuffer pooled, int count) {
    DeviceBuffer x = pooled;
    for (Layer layer : layers.subList(0, count)) {
      int out = layer.spec().out();
      layer.linear().forward(sequences, x, layer.z(), out);
      if (layer.spec().activation().isPresent()) {
        Activation f = layer.spec().activation().get();
        backend.transformer().activationForward(f, (long) sequences * out, layer.z(), layer.y());
      }
      x = layer.output();
    }
    return x;
  }

  private void loss(DeviceBatch batch, boolean gradient) {
    int sequences = batch.sequences();
    Rows logits = new Rows(last().z(), spec.outputs());
    if (spec.objective() == Objective.NUMBER) {
      backend
          .transformer()
          .squaredError(
              sequences, logits, batch.numbers(), batch.sequenceWeights(), gradient, sequenceLoss);
    } else {
      backend
          .transformer()
          .crossEntropy(
              sequences,
              new Logits(logits, spec.outputs(), 0),
              batch.classes(),
              batch.sequenceWeights(),
              gradient,
              sequenceLoss);
    }
  }

  private Layer last() {
    return layers.get(layers.size() - 1);
  }

  @Override
  public void close() {
    layers.forEach(layer -> layer.linear().close(sharedU));
    owned.forEach(DeviceBuffer::close);
  }
}
