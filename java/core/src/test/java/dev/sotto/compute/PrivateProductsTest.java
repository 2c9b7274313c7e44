package dev.sotto.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.clip.ClippedGradSum;
import dev.sotto.clip.Clipping;
import dev.sotto.compute.DenseAlgebra.Product;
import dev.sotto.gradient.ParameterLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A row of a product has the same bits whatever other rows are in the batch and wherever it stands.
 * The sensitivity of a clipped sum rests on this, since a record's gradient must not depend on who
 * else was drawn. OpenBLAS's kernels for some processors break it, so the private path takes the
 * built-in GEMM, and OpenBLAS only where it is named and passes its self-test.
 */
class PrivateProductsTest {
  private static final int N = 320;
  private static final int K = 288;
  private static final int MOST = 500;

  @Test
  void theBuiltInGemmServesUnlessAnotherIsNamed() {
    try (Backend backend = Backends.open("cpu", 2)) {
      assertEquals(Purpose.PRIVATE, backend.purpose());
      assertTrue(backend.describe().endsWith("blas=built-in"), backend.describe());
    }
    try (Backend backend = Backends.open("cpu", 2, Purpose.PUBLIC)) {
      assertTrue(backend.describe().endsWith("blas=built-in"), backend.describe());
    }
    System.setProperty("sotto.blas", "openblas");
    try (Backend backend = Backends.open("cpu", 2, Purpose.PUBLIC)) {
      assertTrue(backend.describe().contains("blas=OpenBLAS"), backend.describe());
    } finally {
      System.clearProperty("sotto.blas");
    }
  }

  @Test
  void whatPrivateRecordsGiveIsNotHeldByABackendForPublicData() {
    ParameterLayout layout = ParameterLayout.ofPairs(List.of(new LoraShape(3, 2, 1, 1f)));
    try (Backend backend = Backends.open("cpu", 1, Purpose.PUBLIC)) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> new ClippedGradSum(backend, layout, 1, Clipping.flat(1)));
      assertTrue(e.getMessage().contains("Purpose.PRIVATE"), e.getMessage());
    }
  }

  /**
   * Under each set of kernels that OpenBLAS accepts here: rows through it do not depend on one
   * another, or it is refused. Of the kernels that are known to make them depend, used freely, at
   * least one shows it: the control.
   */
  @Test
  void openBlasOnThePrivatePathKeepsRowsApartOrIsRefused() throws Exception {
    List<String> seen = new ArrayList<>();
    List<String> cores =
        new ArrayList<>(List.of("Haswell", "Zen", "Sandybridge", "Nehalem", "Prescott"));
    if (Files.readString(Path.of("/proc/cpuinfo")).contains("avx512bw")) {
      cores.add("SkylakeX");
    } else {
      System.out.println("skipped: OpenBLAS's SkylakeX kernels, this processor has no AVX-512");
    }
    for (String core : cores) {
      ProcessBuilder builder =
          new ProcessBuilder(
                  ProcessHandle.current().info().command().orElse("java"),
                  "-XX:TieredStopAtLevel=1",
                  "-Dsotto.blas=openblas",
                  "-Dorg.bytedeco.javacpp.cachedir="
                      + System.getProperty("org.bytedeco.javacpp.cachedir"),
                  "-cp",
                  System.getProperty(
                      "surefire.test.class.path", System.getProperty("java.class.path")),
                  BlasRows.class.getName())
              .redirectErrorStream(true);
      builder.environment().put("OPENBLAS_CORETYPE", core);
      Process process = builder.start();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      assertEquals(0, process.waitFor(), core + ": " + output);
      assertTrue(
          output.contains("PRIVATE independent") || output.contains("PRIVATE refused"),
          core + ": " + output);
      seen.add(core + ": " + output.replaceAll("\\s*\\R\\s*", "; "));
    }
    System.out.println(String.join(System.lineSeparator(), seen));
    assertTrue(
        seen.stream().anyMatch(line -> line.contains("PUBLIC dependent"))
            || seen.stream().noneMatch(line -> line.matches(".*OpenBLAS.*(Haswell|Zen) .*")),
        seen.toString());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rowsDoNotDependOnTheBatch(boolean transB) {
    Random random = new Random(1);
    float[] a = floats(random, MOST * K);
    float[] b = floats(random, N * K);
    try (Backend backend = Backends.open("cpu", 2)) {
      float[] whole = product(backend, transB, a, b, 0, MOST);
      for (int rows : new int[] {1, 2, 7, 15, 16, 17, 31, 48, 191, 192, 193, 384, 499}) {
        for (int from : new int[] {0, 1, MOST - rows}) {
          float[] part = product(backend, transB, a, b, from, rows);
          float[] expected = Arrays.copyOfRange(whole, from * N, (from + rows) * N);
          assertArrayEquals(expected, part, rows + " rows from " + from);
        }
      }
    }
  }

  /** Where VDPBF16PS multiplies, products are added up in that instruction's own order. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void weightsInBf16GiveTheBitsOfRoundedRowsAndWidenedWeights(boolean transB) {
    Random random = new Random(2);
    float[] a = floats(random, MOST * K);
    short[] narrow = new short[N * K];
    float[] wide = new float[N * K];
    for (int i = 0; i < wide.length; i++) {
      narrow[i] = (short) (Float.floatToRawIntBits((float) random.nextGaussian()) >>> 16);
      wide[i] = Float.intBitsToFloat(narrow[i] << 16);
    }
    float[] rounded = a.clone();
    for (int i = 0; i < a.length; i++) {
      double unit = Math.scalb(1.0, Math.getExponent(a[i]) - 7);
      rounded[i] = (float) (Math.rint(a[i] / unit) * unit);
    }
    try (Backend backend = Backends.open("cpu", 2);
        DeviceBuffer w = backend.allocate(ElementType.BF16, narrow.length)) {
      w.upload(narrow, narrow.length);
      for (int rows : new int[] {1, 15, 16, 49, 192, MOST}) {
        float[] expected =
            backend.traits().isa().equals("avx512_bf16")
                ? byPairs(transB, rounded, wide, rows)
                : product(backend, transB, rounded, wide, 0, rows);
        assertArrayEquals(expected, product(backend, transB, a, w, 0, rows), rows + " rows");
      }
    }
  }

  /** In slices of 512, two products at a time, the deeper first. */
  private static float[] byPairs(boolean transB, float[] a, float[] b, int rows) {
    float[] c = new float[rows * N];
    for (int i = 0; i < c.length; i++) {
      int row = i / N;
      int column = i % N;
      for (int slice = 0; slice < K; slice += 512) {
        float sum = 0;
        for (int pair = slice; pair < Math.min(K, slice + 512); pair += 2) {
          for (int k = Math.min(K - 1, pair + 1); k >= pair; k--) {
            sum = Math.fma(a[row * K + k], transB ? b[column * K + k] : b[k * N + column], sum);
          }
        }
        c[i] += sum;
      }
    }
    return c;
  }

  private static float[] product(
      Backend backend, boolean transB, float[] a, float[] b, int from, int rows) {
    try (DeviceBuffer w = backend.allocate(ElementType.F32, b.length)) {
      w.upload(b);
      return product(backend, transB, a, w, from, rows);
    }
  }

  private static float[] product(
      Backend backend, boolean transB, float[] a, DeviceBuffer w, int from, int rows) {
    try (DeviceBuffer x = backend.allocate(ElementType.F32, (long) rows * K);
        DeviceBuffer y = backend.allocate(ElementType.F32, (long) rows * N)) {
      x.upload(Arrays.copyOfRange(a, from * K, (from + rows) * K));
      Product product = new Product(false, transB, rows, N, K);
      Rows weights = new Rows(w, transB ? K : N);
      backend.dense().gemm(product, new Rows(x, K), weights, new Rows(y, N));
      return y.downloadFloats(rows * N);
    }
  }

  private static float[] floats(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
