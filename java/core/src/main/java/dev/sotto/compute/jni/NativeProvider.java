package dev.sotto.compute.jni;

import static dev.sotto.compute.jni.Status.check;

import dev.sotto.compute.Backend;
import dev.sotto.compute.BackendProvider;
import dev.sotto.compute.LibraryFolder;
import dev.sotto.compute.Purpose;
import java.util.List;

/** The backends of {@code libsotto}: the CPU, its definition in plain loops, and a CUDA GPU. */
public final class NativeProvider implements BackendProvider {
  private static final String CPU = "cpu";
  private static final String CUDA = "cuda";
  private static final String REFERENCE = "cpu-reference";

  /** For {@link java.util.ServiceLoader}. */
  public NativeProvider() {}

  @Override
  public List<String> names() {
    return List.of(CPU, CUDA, REFERENCE);
  }

  @Override
  public Backend open(String name, int threads, Purpose purpose, String reason) {
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
    String blas = name.equals(CUDA) ? null : NativeLibraries.blas();
    String cuda = name.equals(CUDA) ? NativeLibraries.cuda() : null;
    BackendHandle handle = new BackendHandle();
    check(SottoNative.sotto_backend_open(name, threads, WireCode.of(purpose), blas, cuda, handle));
    return new NativeBackend(name, purpose, reason, handle);
  }
}
