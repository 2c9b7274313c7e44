package dev.sotto.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.gradient.PerSampleGradients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradient of the whole model against finite differences of its loss. */
class WholeGradientTest {
  private static final String[] GPT2 = {"c_attn", "attn.c_proj", "c_fc", "mlp.c_proj"};
  private static final String[] LLAMA = {
    "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"
  };

  @TempDir Path dir;
  private final Backend backend = Backends.open("cpu", 2);

  @AfterEach
  void close() {
    backend.close();
  }

  /**
   * Central differences D(h) along unit directions, with the h² term of their error removed:
   * (4·D(h/2) − D(h))/3. The float32 loss carries an error of some 1e-6, so with h = 0.02 a slope
   * is good to 1e-4.
   */
  @ParameterizedTest
  @CsvSource({"gpt2,false", "gpt2,true", "llama,false", "llama,true"})
  void perSampleGradientsOfAdaptersMatchFiniteDifferences(String kind, boolean freezeA) {
    Batch batch = TinyModel.batch();
    try (LanguageModel model = TinyModel.of(kind, backend, dir);
        LoraAdapters lora = adapters(model, kind, freezeA);
        TransformerPass pass = new TransformerPass(model, lora, PassCapacity.train(40, 4, 3, 20));
        PerSampleGradients sink = new PerSampleGradients(backend, lora.layout(), 3)) {
      int d = (int) lora.layout().parameters();
      sink.begin(3);
      pass.forwardBackward(batch, sink);
      float[] gradients = sink.gradients().downloadFloats(3 * d);
      float[] values = lora.values();
      Random random = new Random(3);
      double largest = 0;
      for (int direction = 0; direction < 6; direction++) {
        double[] v = unitVector(random, gradients, d, direction);
        double[] measured = slopes(pass, lora, batch, values, v);
        lora.weights().upload(values);
        for (int s = 0; s < 3; s++) {
          double slope = 0;
          for (int i = 0; i < d; i++) {
            slope += v[i] * gradients[s * d + i];
          }
          assertEquals(
              measured[s],
              slope,
              5e-4 + 2e-3 * Math.abs(slope),
              "direction " + direction + " unit " + s);
          largest = Math.max(largest, Math.abs(slope));
        }
      }
      assertTrue(largest > 0.1, "the slopes are far above the tolerance: " + largest);
    }
  }

  private static LoraAdapters adapters(LanguageModel model, String kind, boolean freezeA) {
    LoraAdapters lora = TinyModel.adapters(model, 0.2, kind.equals("gpt2") ? GPT2 : LLAMA);
    return freezeA ? lora.freezeA() : lora;
  }

  /** The gradients of the three units, then random directions. */
  private static double[] unitVector(Random random, float[] gradients, int d, int direction) {
    double[] v = new double[d];
    double square = 0;
    for (int i = 0; i < d; i++) {
      v[i] = direction < 3 ? gradients[direction * d + i] : random.nextGaussian();
      square += v[i] * v[i];
    }
    for (int i = 0; i < d; i++) {
      v[i] /= Math.sqrt(square);
    }
    return v;
  }

  private static double[] slopes(
      TransformerPass pass, LoraAdapters lora, Batch batch, float[] values, double[] v) {
    double h = 0.02;
    double[] far = losses(pass, lora, batch, values, v, h);
    double[] farBack = losses(pass, lora, batch, values, v, -h);
    double[] near = losses(pass, lora, batch, values, v, h / 2);
    double[] nearBack = losses(pass, lora, batch, values, v, -h / 2);
    double[] slopes = new double[far.length];
    for (int s = 0; s < slopes.length; s++) {
      slopes[s] = (4 * (near[s] - nearBack[s]) / h - (far[s] - farBack[s]) / (2 * h)) / 3;
    }
    return slopes;
  }

  private static double[] losses(
      TransformerPass pass, LoraAdapters lora, Batch batch, float[] values, double[] v, double h) {
    float[] moved = new float[values.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = (float) (values[i] + h * v[i]);
    }
    lora.weights().upload(moved);
    float[] rows = pass.losses(batch);
    double[] losses = new double[batch.units()];
    for (int s = 0; s < losses.length; s++) {
      for (int r = batch.unitStart[s]; r < batch.unitStart[s + 1]; r++) {
        losses[s] += batch.rowWeights[r] * rows[r];
      }
    }
    return losses;
  }

  /** The same for every weight of the model, which pretraining learns. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama"})
  void gradientsOfAllWeightsMatchFiniteDifferences(String kind) {
    Batch batch = TinyModel.batch();
    try (LanguageModel model = TinyModel.of(kind, backend, dir);
        WeightGradients sink = new WeightGradients(backend, model);
        TransformerPass pass =
            new TransformerPass(model, null, sink, PassCapacity.train(40, 4, 3, 20))) {
      DeviceBuffer flat = model.flatWeights();
      int d = (int) flat.length();
      pass.forwardBackward(batch, null);
      float[] gradient = sink.flat().downloadFloats(d);
      float[] values = flat.downloadFloats(d);
      Random random = new Random(3);
      double largest = 0;
      for (DeviceBuffer part : model.tensors().values()) {
        // Along each tensor by itself, so that none can hide behind the others.
        int size = (int) part.length();
        float[] own = part.downloadFloats(size);
        float[] ownGradient = sink.of(part).downloadFloats(size);
        double[] v = new double[size];
        double square = 0;
        for (int i = 0; i < size; i++) {
          v[i] = ownGradient[i] + 1e-3 * random.nextGaussian();
          square += v[i] * v[i];
        }
        double slope = 0;
        for (int i = 0; i < size; i++) {
          v[i] /= Math.sqrt(square);
          slope += v[i] * ownGradient[i];
        }
        double h = 0.02;
        double measured =
            (loss(pass, part, batch, own, v, h) - loss(pass, part, batch, own, v, -h)) / (2 * h);
        part.upload(own);
        assertEquals(measured, slope, 2e-3 + 2e-2 * Math.abs(slope), "a tensor of " + size);
        largest = Math.max(largest, Math.abs(slope));
      }
      assertArrayEquals(values, flat.downloadFloats(d), "weights are back where they were");
      assertTrue(largest > 0.1 && gradient.length == d);
    }
  }

  private static double loss(
      TransformerPass pass, DeviceBuffer part, Batch batch, float[] own, double[] v, double h) {
    float[] moved = new float[own.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = (float) (own[i] + h * v[i]);
    }
    part.upload(moved);
    float[] rows = pass.losses(batch);
    double loss = 0;
    for (int r = 0; r < batch.rows(); r++) {
      loss += batch.rowWeights[r] * rows[r];
    }
    return loss;
  }

  /** What is saved from a model made here is what it computes with. */
  @Test
  void aSavedModelComputesTheSameLogits() throws IOException {
    for (String kind : new String[] {"gpt2", "llama"}) {
      Path own = Files.createDirectory(dir.resolve(kind));
      try (LanguageModel model = TinyModel.of(kind, backend, own)) {
        model.save(own, dev.sotto.checkpoint.DataType.F32);
        try (LanguageModel loaded = LanguageModel.load(backend, own);
            TransformerPass first =
                new TransformerPass(model, null, PassCapacity.evaluate(40, 20));
            TransformerPass second =
                new TransformerPass(loaded, null, PassCapacity.evaluate(40, 20))) {
          assertEquals(model.parameters(), loaded.parameters());
          assertArrayEquals(
              first.logits(TinyModel.batch()), second.logits(TinyModel.batch()), kind);
        }
      }
    }
  }
}
