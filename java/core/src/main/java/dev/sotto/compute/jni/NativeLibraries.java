package dev.sotto.compute.jni;

import dev.sotto.compute.LibraryFolder;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * Where the shared libraries are. {@code libsotto} is loaded with this class; OpenBLAS comes from
 * its JavaCPP preset and is handed to the kernels by path, so that a system library of the same
 * name is never picked up by accident; {@code libsotto_cuda} is only unpacked here and opened by
 * the native registry when a GPU backend is asked for.
 */
final class NativeLibraries {
  /** The property by which JavaCPP is told where to unpack. */
  static final String CACHE = "org.bytedeco.javacpp.cachedir";

  private static final String CUDA_LIBRARY = "libsotto_cuda.so";

  private NativeLibraries() {}

  /**
   * Loads the kernels and their glue; fails with {@link UnsatisfiedLinkError} where they cannot
   * run. All that JavaCPP loads from then on, ND4J's kernels too, it unpacks in the same folder.
   */
  static void load() {
    LibraryFolder.use(CACHE, "javacpp");
    Loader.load(SottoNative.class);
    int version = SottoNative.sotto_abi_version();
    if (version != SottoNative.SOTTO_ABI_VERSION) {
      throw new UnsatisfiedLinkError(
          "libsotto.so has version "
              + version
              + " of the ABI, the classes were built for "
              + SottoNative.SOTTO_ABI_VERSION);
    }
  }

  /**
   * The BLAS that the system property {@code sotto.blas} names: {@code openblas} for the preset's,
   * a path, or {@code built-in} for the kernels' own GEMM, which is null and serves without the
   * property too.
   *
   * @throws UnsupportedOperationException if the property names what is not there
   */
  static String blas() {
    String named = System.getProperty("sotto.blas", "");
    if (named.equals("built-in") || named.isEmpty()) {
      return null;
    }
    String library = named.equals("openblas") ? openBlas() : named;
    if (library == null || !Files.exists(Path.of(library))) {
      throw new UnsupportedOperationException(
          "the system property sotto.blas is "
              + named
              + ", which is not there: give built-in, openblas or the path of a library");
    }
    return library;
  }

  private static String openBlas() {
    try {
      Path library =
          Path.of(Loader.load(openblas_nolapack.class)).resolveSibling("libopenblas_nolapack.so.0");
      return Files.exists(library) ? library.toString() : null;
    } catch (UnsatisfiedLinkError e) {
      return null;
    }
  }

  /**
   * The library that the system property {@code sotto.cuda} names, else the unpacked CUDA kernels;
   * null when the jar was built without them.
   */
  static String cuda() {
    String named = System.getProperty("sotto.cuda");
    if (named != null) {
      return named;
    }
    try {
      File file =
          Loader.cacheResource(SottoConfig.class, Loader.getPlatform() + "/" + CUDA_LIBRARY);
      return file == null ? null : file.getPath();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot unpack " + CUDA_LIBRARY, e);
    }
  }
}
