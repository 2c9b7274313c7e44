package dev.sotto.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sotto.compute.TransformerKernels.AttentionArguments;
import dev.sotto.compute.TransformerKernels.AttentionBatch;
import dev.sotto.compute.TransformerKernels.EmbeddingArguments;
import dev.sotto.compute.TransformerKernels.GateAndUp;
import dev.sotto.compute.TransformerKernels.KeyValues;
import dev.sotto.compute.TransformerKernels.Logits;
import dev.sotto.compute.TransformerKernels.PoolArguments;
import dev.sotto.compute.TransformerKernels.RmsNormArguments;
import dev.sotto.compute.TransformerKernels.RotaryTable;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * That each field of a request reaches the kernel: strides, heads, scales and caps, on small
 * numbers worked out here. The kernels themselves are held to their definitions by the native
 * tests.
 */
class TransformerKernelsTest {
  private Backend backend;
  private TransformerKernels kernels;
  private final List<DeviceBuffer> buffers = new ArrayList<>();

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", 1);
    kernels = backend.transformer();
  }

  @AfterEach
  void close() {
    buffers.forEach(DeviceBuffer::close);
    backend.close();
  }

  private DeviceBuffer floats(float... values) {
    DeviceBuffer buffer = backend.allocate(ElementType.F32, values.length);
    buffer.upload(values);
    buffers.add(buffer);
    return buffer;
  }

  private DeviceBuffer ints(int... values) {
    DeviceBuffer buffer = backend.allocate(ElementType.I32, values.length);
    buffer.upload(values, values.length);
    buffers.add(buffer);
    return buffer;
  }

  private DeviceBuffer zeros(int count) {
    return floats(new float[count]);
  }

  private static void assertClose(DeviceBuffer actual, double... expected) {
    float[] values = new float[expected.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) expected[i];
    }
    assertArrayEquals(values, actual.downloadFloats(values.length), 2e-6f);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void rmsNormTakesTheHeadsOfARow(int heads) {
    int channels = 4 / heads;
    // One row of four floats, and a fifth that is not its own.
    DeviceBuffer x = floats(3, -4, 6, 8, 7);
    DeviceBuffer gamma = floats(1, 2, 1, 2);
    DeviceBuffer rstd = zeros(heads);
    DeviceBuffer out = floats(0, 0, 0, 0, 9);
    RmsNormArguments norm = new RmsNormArguments(1, heads, channels, new Rows(x, 5), gamma, rstd);
    kernels.rmsNormForward(norm, 0, new Rows(out, 5));
    double first = heads == 1 ? Math.sqrt(125 / 4.0) : Math.sqrt(12.5);
    double second = heads == 1 ? first : Math.sqrt(50);
    assertClose(out, 3 / first, -8 / first, 6 / second, 16 / second, 9);
    DeviceBuffer dx = floats(1, 1, 1, 1, 9);
    DeviceBuffer dgamma = zeros(channels);
    DeviceBuffer dout = floats(1, 0, 0, 1, 5);
    kernels.rmsNormBackward(norm, new Rows(dout, 5), new Rows(dx, 5), dgamma);
    // With g = dout · gamma and n = x / root: dx += (g − n · mean(g n)) / root, a head at a time.
    double[] g = {1, 0, 0, 2};
    double[] n = {3 / first, -4 / first, 6 / second, 8 / second};
    double[] root = {first, first, second, second};
    double[] expected = new double[5];
    for (int c = 0; c < 4; c++) {
      int head = c / channels;
      double mean = 0;
      for (int k = head * channels; k < (head + 1) * channels; k++) {
        mean += g[k] * n[k] / channels;
      }
      expected[c] = 1 + (g[c] - n[c] * mean) / root[c];
    }
    expected[4] = 9;
    assertClose(dx, expected);
    assertClose(dgamma, heads == 1 ? new double[] {n[0], 0, 0, n[3]} : new double[] {n[0], n[3]});
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ropeTurnsThePartOfAHeadThatItsTableHas(boolean inverse) {
    RotaryTable quarterTurn = new RotaryTable(2, 2, floats(1, 0), floats(0, 1));
    DeviceBuffer x = floats(1, 2, 3, 4, 5, 6, 7);
    // Two heads three apart, of which two channels turn, at position 1: by a right angle.
    kernels.rope(quarterTurn, ints(1), 1, 2, 3, new Rows(x, 7), inverse);
    int sign = inverse ? -1 : 1;
    assertClose(x, -2 * sign, sign, 3, -5 * sign, 4 * sign, 6, 7);
  }

  @ParameterizedTest
  @ValueSource(floats = {0, 1.5f})
  void attentionReadsHeadsAtTheirStrideAndHoldsScoresBelowTheCap(float cap) {
    // Two tokens, two heads of one channel; a head's query, key and value side by side.
    DeviceBuffer rows = floats(1, 2, 3, 4, 5, 6, -1, 0.5f, 2, 0.25f, -1, 4);
    AttentionShape shape = new AttentionShape(2, 2, 1, 3, new AttentionMask(true, 0), 0.5f, cap);
    AttentionBatch batch = new AttentionBatch(1, ints(0, 2), ints(0, 2), 2);
    DeviceBuffer out = zeros(4);
    AttentionArguments attention =
        new AttentionArguments(
            new Rows(rows, 6),
            new KeyValues(rows.slice(1, 11), rows.slice(2, 10), 6),
            new Rows(out, 2),
            zeros(4));
    kernels.attentionForward(shape, batch, attention);
    double first = weight(cap, -0.5 * 2, -0.5 * 0.5);
    double second = weight(cap, 0.125 * 5, 0.125 * -1);
    assertClose(out, 3, 6, first * 3 + (1 - first) * 2, second * 6 + (1 - second) * 4);

    DeviceBuffer gradient = zeros(12);
    kernels.attentionBackward(
        shape,
        batch,
        attention,
        floats(0, 0, 1, 1),
        zeros(4),
        new Rows(gradient, 6),
        new KeyValues(gradient.slice(1, 11), gradient.slice(2, 10), 6));
    // Of the values: the weights. Of the first head's query: the slope of its two scores.
    float[] d = gradient.downloadFloats(12);
    assertEquals(first, d[2], 2e-6);
    assertEquals(1 - first, d[8], 2e-6);
    assertEquals(second, d[5], 2e-6);
    double slope = first * (1 - first) * (3 - 2);
    double expected = 0.5 * slope * (2 * slopeOf(cap, -0.5 * 2) - 0.5 * slopeOf(cap, -0.5 * 0.5));
    assertEquals(expected, d[6], 2e-6);
    assertEquals(0, d[0], 1e-9);
  }

  /** The first of two weights of a softmax over scores held below a cap. */
  private static double weight(double cap, double first, double second) {
    double a = cap > 0 ? cap * Math.tanh(first / cap) : first;
    double b = cap > 0 ? cap * Math.tanh(second / cap) : second;
    return 1 / (1 + Math.exp(b - a));
  }

  private static double slopeOf(double cap, double score) {
    return cap > 0 ? 1 - Math.pow(Math.tanh(score / cap), 2) : 1;
  }

  private static double value(Activation kind, double x) {
    return switch (kind) {
      case GELU_TANH ->
          x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case GELU_ERF -> x == 1 ? 0.8413447460685429 : -0.15865525393145707; // ±Φ(±1)
      case SILU -> x / (1 + Math.exp(-x));
      case RELU -> Math.max(x, 0);
      case TANH -> Math.tanh(x);
    };
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void activationsAreTheirFormulas(Activation kind) {
    DeviceBuffer out = zeros(2);
    kernels.activationForward(kind, 2, floats(1, -1), out);
    assertClose(out, value(kind, 1), value(kind, -1));
  }

  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      names = {"SILU", "RELU"})
  void gateAndUpMayStandSideBySide(Activation kind) {
    // Two rows of gate (2), up (2) and one float beyond.
    DeviceBuffer rows = floats(1, -1, 3, 5, 0, -1, 1, 7, 2, 0);
    DeviceBuffer out = zeros(4);
    GateAndUp x = new GateAndUp(rows, rows.slice(2, 8), 5);
    kernels.gatedActivationForward(kind, 2, 2, x, out);
    double high = value(kind, 1);
    double low = value(kind, -1);
    assertClose(out, high * 3, low * 5, low * 7, high * 2);
    DeviceBuffer d = floats(0, 0, 0, 0, 9, 0, 0, 0, 0, 9);
    kernels.gatedActivationBackward(
        kind, 2, 2, x, floats(1, 2, 3, 4), new GateAndUp(d, d.slice(2, 8), 5));
    float[] gradient = d.downloadFloats(10);
    assertEquals(high, gradient[2], 2e-6);
    assertEquals(2 * low, gradient[3], 2e-6);
    assertEquals(3 * low, gradient[7], 2e-6);
    assertEquals(4 * high, gradient[8], 2e-6);
    assertEquals(9, gradient[4]);
    assertEquals(9, gradient[9]);
    double slope = kind == Activation.RELU ? 1 : 0.9276705118714866; // of SiLU at 1
    assertEquals(3 * slope, gradient[0], 5e-6);
  }

  @ParameterizedTest
  @ValueSource(floats = {1, 2.5f})
  void embeddingScalesTokensAndNotPositions(float scale) {
    DeviceBuffer out = zeros(2);
    EmbeddingArguments row = new EmbeddingArguments(1, 2, 2, 1, scale, ints(1), ints(0));
    kernels.embeddingForward(row, floats(0, 0, 3, 4), floats(10, 20), out);
    assertClose(out, 10 + 3 * scale, 20 + 4 * scale);
    DeviceBuffer tokens = zeros(4);
    DeviceBuffer positions = zeros(2);
    kernels.embeddingBackward(row, floats(1, 2), tokens, positions);
    assertClose(tokens, 0, 0, scale, 2 * scale);
    assertClose(positions, 1, 2);
    EmbeddingArguments unscaled = new EmbeddingArguments(1, 2, 2, 1, 0, ints(1), ints(0));
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels.embeddingForward(unscaled, tokens, positions, out));
  }

  @ParameterizedTest
  @ValueSource(floats = {0, 2})
  void crossEntropyIsOfCappedLogits(float cap) {
    DeviceBuffer logits = floats(1, -3);
    DeviceBuffer loss = zeros(1);
    kernels.crossEntropy(
        1, new Logits(new Rows(logits, 2), 2, cap), ints(0), floats(3), true, loss);
    double other = 1 - weight(cap, 1, -3);
    assertClose(loss, -Math.log(1 - other));
    assertClose(logits, -3 * other * slopeOf(cap, 1), 3 * other * slopeOf(cap, -3));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void squaredErrorOfLogitsApart(boolean gradient) {
    DeviceBuffer logits = floats(1, 7, -2, 8);
    DeviceBuffer loss = zeros(2);
    kernels.squaredError(2, new Rows(logits, 2), floats(3, -2.5f), floats(0.5f, 4), gradient, loss);
    assertClose(loss, 4, 0.25);
    assertClose(logits, gradient ? -2 : 1, 7, gradient ? 4 : -2, 8);
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void poolingTakesOneVectorOfEachSequence(Pooling kind) {
    // Sequences of two, none and one rows of two channels.
    PoolArguments pool = new PoolArguments(kind, 3, 3, 2, ints(0, 2, 2, 3));
    DeviceBuffer out = floats(9, 9, 9, 9, 9, 9);
    kernels.poolForward(pool, floats(1, 2, 3, 6, 5, 7), out);
    double first = kind == Pooling.FIRST ? 1 : kind == Pooling.LAST ? 0 : 0.5;
    assertClose(out, first + (1 - first) * 3, first * 2 + (1 - first) * 6, 0, 0, 5, 7);
    DeviceBuffer dx = floats(9, 9, 9, 9, 9, 9);
    kernels.poolBackward(pool, floats(1, 2, 9, 9, 3, 4), dx);
    assertClose(dx, first, 2 * first, 1 - first, 2 * (1 - first), 3, 4);
  }
}
