package dev.sotto.bench;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.Backend;
import dev.sotto.gradient.PerSampleGradients;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.NoiseMechanism;
import dev.sotto.model.Batch;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.LoraOptions;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.TransformerPass;
import dev.sotto.optimizer.Optimizer;
import dev.sotto.optimizer.OptimizerOptions;
import dev.sotto.optimizer.PublicGradient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * A model with random weights and one batch of B sequences of T tokens, ready to step with and
 * without privacy. Private and non-private steps share everything but the per-sample norms, clip,
 * sum and noise.
 */
final class StepFixture implements AutoCloseable {
  private static final int RANK = 8;

  final ModelShape shape;
  final Backend backend;
  final LanguageModel model;
  final LoraAdapters lora;
  private final TransformerPass pass;
  private final PerSampleGradients perSample;
  private final PerSampleGradients whole;
  private final ClippedGradSum sum;
  private final Clipping clipping;
  private final NoiseMechanism mechanism;
  private final PrivacyEvent event;
  private final Optimizer optimizer;
  private final Batch units;
  private final Batch merged;
  private long step;

  StepFixture(ModelShape shape, boolean perAdapter, Backend backend) {
    this.shape = shape;
    this.backend = backend;
    model = LanguageModel.initialise(backend, configFile(shape), 1);
    lora = LoraAdapters.create(model, new LoraOptions(RANK, 2.0 * RANK, shape.targets()), 2);
    int rows = shape.batch() * shape.length();
    PassCapacity capacity = PassCapacity.train(rows, shape.batch(), shape.batch(), shape.length());
    pass = new TransformerPass(model, lora, capacity);
    perSample = new PerSampleGradients(backend, lora.layout(), shape.batch());
    whole = new PerSampleGradients(backend, lora.layout(), 1);
    clipping = perAdapter ? Clipping.perPair(1.0, lora.layout().size()) : Clipping.flat(1.0);
    sum = new ClippedGradSum(backend, lora.layout(), shape.batch(), clipping);
    mechanism = new NoiseMechanism(NoiseKey.seededForTests(3));
    int[] sizes = new int[sum.groups()];
    for (int g = 0; g < sizes.length; g++) {
      sizes[g] = (int) sum.size(g);
    }
    double[] sensitivities = sum.sensitivities();
    event =
        GaussianEvent.ofGroups(
            sensitivities, NoiseAllocation.UNIFORM.stddevs(1.0, sensitivities, sizes));
    optimizer =
        new Optimizer(
            backend, new OptimizerOptions(OptimizerOptions.Kind.ADAMW, 0, 0), lora.weights());
    units = batch(true);
    merged = batch(false);
  }

  private Batch batch(boolean separate) {
    Random random = new Random(4);
    int length = shape.length();
    Batch batch = new Batch(shape.batch() * length, shape.batch(), shape.batch());
    for (int s = 0; s < shape.batch(); s++) {
      int[] ids = random.ints(length, 0, shape.vocabulary()).toArray();
      int[] targets = random.ints(length, 0, shape.vocabulary()).toArray();
      batch.add(ids, targets, separate ? 1f / length : 1f / (length * shape.batch()));
      if (separate) {
        batch.endUnit();
      }
    }
    if (!separate) {
      batch.endUnit();
    }
    return batch;
  }

  private static Path configFile(ModelShape shape) {
    try {
      Path file = Files.createTempFile("sotto-bench", ".json");
      Files.writeString(file, shape.configJson());
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void privateStep() {
    sum.reset(clipping);
    perSample.begin(shape.batch());
    pass.forwardBackward(units, perSample);
    sum.add(perSample);
    mechanism.releaseInto(sum, event, ++step, 1.0 / shape.batch(), optimizer.next(1e-4f));
  }

  void nonPrivateStep() {
    whole.begin(1);
    pass.forwardBackward(merged, whole);
    long d = lora.layout().parameters();
    optimizer.step(new PublicGradient(whole.gradients().slice(0, d)), 1e-4f);
  }

  @Override
  public void close() {
    mechanism.close();
    optimizer.close();
    sum.close();
    whole.close();
    perSample.close();
    pass.close();
    lora.close();
    model.close();
    backend.close();
  }
}
