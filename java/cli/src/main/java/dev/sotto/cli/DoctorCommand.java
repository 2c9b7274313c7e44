package dev.sotto.cli;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.CudaException;
import dev.sotto.compute.DenseAlgebra.Product;
import dev.sotto.compute.DependentRowsException;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.ElementType;
import dev.sotto.compute.LibraryFolder;
import dev.sotto.compute.Purpose;
import dev.sotto.compute.Rows;
import dev.sotto.plan.BackendOptions;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;
import dev.sotto.settings.Section;
import dev.sotto.settings.Values;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code sotto doctor}: what would compute here, and why. */
final class DoctorCommand implements Command {
  private static final String BUILT_IN = "built-in";

  /** Rows and columns of the matrix that a BLAS is tested with. */
  private static final int SIDE = 768;

  @Override
  public String name() {
    return "doctor";
  }

  @Override
  public String summary() {
    return "say what this machine offers: backend, instruction set, threads, GEMM, GPU";
  }

  @Override
  public String usage() {
    return "[options]";
  }

  @Override
  public List<Section> settings() {
    return List.of();
  }

  @Override
  public List<String> examples() {
    return List.of("doctor", "doctor --backend cuda");
  }

  @Override
  public void run(Values values, Console console) {
    Report found = new Report();
    add(found, "sotto", Sotto.version());
    add(
        found,
        "java",
        System.getProperty("java.version") + " (" + System.getProperty("java.vm.name") + ")");
    add(found, "os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    add(found, "arch", System.getProperty("os.arch"));
    add(found, "hardware_threads", Runtime.getRuntime().availableProcessors());
    add(found, "heap_mib", Runtime.getRuntime().maxMemory() >> 20);
    try (Backend backend = BackendOptions.of(values).open(Purpose.PRIVATE)) {
      String description = backend.describe();
      add(found, "backend", backend.name());
      add(found, "reason", backend.reason().isEmpty() ? "named by --backend" : backend.reason());
      add(found, "isa", backend.traits().isa());
      add(found, "threads", field(description, "threads"));
      add(found, "private_gemm", privateGemm(backend));
      add(found, "description", description);
      add(found, "libraries", LibraryFolder.of("org.bytedeco.javacpp.cachedir"));
    }
    try (Backend backend = BackendOptions.of(values).open(Purpose.PUBLIC)) {
      add(found, "public_gemm", field(backend.describe(), "blas"));
    }
    cuda(found);
    console.print(found);
  }

  /** A line, which begins with the name that programs know it by. */
  private static void add(Report found, String name, Object value) {
    found.row(name, Fact.of(name, value));
  }

  /** What multiplies private records' rows, and why it may. */
  private static String privateGemm(Backend backend) {
    if (!backend.traits().hasBlas()) {
      return BUILT_IN + ": no row's bits depend on another row, by construction";
    }
    try (DeviceBuffer a = backend.allocate(ElementType.F32, (long) SIDE * SIDE);
        DeviceBuffer b = backend.allocate(ElementType.F32, (long) SIDE * SIDE)) {
      float[] weights = new float[SIDE * SIDE];
      Random random = new Random(1);
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (float) random.nextGaussian();
      }
      b.upload(weights);
      backend.rehearse(
          () -> {
            for (boolean transposed : new boolean[] {false, true}) {
              Product product = new Product(false, transposed, 1, SIDE, SIDE);
              Rows row = new Rows(a, SIDE);
              backend.dense().gemm(product, row, new Rows(b, SIDE), row);
            }
          });
      return field(backend.describe(), "blas")
          + "; as asked for, and here no row's bits depend on another row (n = k = "
          + SIDE
          + ")";
    } catch (DependentRowsException e) {
      return "refused: " + e.getMessage();
    }
  }

  /** The value of {@code name=value} in a backend's description; the last field may hold blanks. */
  private static String field(String description, String name) {
    Matcher matcher = Pattern.compile("\\b" + name + "=(.*?)(?= \\w+=|$)").matcher(description);
    return matcher.find() ? matcher.group(1) : "none";
  }

  /** The GPU, its compute capability, driver and cuBLAS, or why there is none. */
  private static void cuda(Report found) {
    try (Backend cuda = Backends.open("cuda", 0, Purpose.PUBLIC)) {
      String description = cuda.describe();
      add(found, "cuda", "available, when asked for with --backend cuda");
      add(found, "gpu", field(description, "gpu"));
      add(found, "compute_capability", field(description, "sm"));
      add(found, "gpu_memory", field(description, "memory"));
      add(found, "driver", field(description, "driver"));
      add(found, "cublas", field(description, "blas"));
    } catch (UnsupportedOperationException | CudaException e) {
      add(found, "cuda", "not available: " + e.getMessage());
    }
  }
}
