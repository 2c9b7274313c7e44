package dev.sotto.cli;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.CudaException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code sotto doctor}: what would compute here, and why. */
final class DoctorCommand implements Command {
  @Override
  public String name() {
    return "doctor";
  }

  @Override
  public String summary() {
    return "say what this machine offers: backend, instruction set, threads, BLAS, GPU";
  }

  @Override
  public String usage() {
    return "[options]";
  }

  @Override
  public OptionTable options() {
    return new OptionTable();
  }

  @Override
  public List<String> examples() {
    return List.of("doctor", "doctor --backend cuda");
  }

  @Override
  public void run(Arguments arguments, Console console) {
    Map<String, Object> found = new LinkedHashMap<>();
    found.put("sotto", Sotto.version());
    found.put(
        "java",
        System.getProperty("java.version") + " (" + System.getProperty("java.vm.name") + ")");
    found.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    found.put("arch", System.getProperty("os.arch"));
    found.put("hardware_threads", Runtime.getRuntime().availableProcessors());
    found.put("heap_mib", Runtime.getRuntime().maxMemory() >> 20);
    try (Backend backend = BackendArguments.open(arguments)) {
      String description = backend.describe();
      found.put("backend", description.split(" ")[0]);
      found.put("reason", backend.reason().isEmpty() ? "named by --backend" : backend.reason());
      found.put("isa", field(description, "isa"));
      found.put("threads", field(description, "threads"));
      found.put("blas", field(description, "blas"));
      found.put("description", description);
    }
    cuda(found);
    found.forEach((name, value) -> console.line(String.format("%-18s %s", name, value)));
    console.result(found);
  }

  /** The value of {@code name=value} in a backend's description; the last field may hold blanks. */
  private static String field(String description, String name) {
    Matcher matcher = Pattern.compile("\\b" + name + "=(.*?)(?= \\w+=|$)").matcher(description);
    return matcher.find() ? matcher.group(1) : "none";
  }

  /** The GPU, its compute capability, driver and cuBLAS, or why there is none. */
  private static void cuda(Map<String, Object> found) {
    try (Backend cuda = Backends.open("cuda", 0)) {
      String description = cuda.describe();
      found.put("cuda", "available, when asked for with --backend cuda");
      found.put("gpu", field(description, "gpu"));
      found.put("compute_capability", field(description, "sm"));
      found.put("gpu_memory", field(description, "memory"));
      found.put("driver", field(description, "driver"));
      found.put("cublas", field(description, "blas"));
    } catch (UnsupportedOperationException | CudaException e) {
      found.put("cuda", "not available: " + e.getMessage());
    }
  }
}
