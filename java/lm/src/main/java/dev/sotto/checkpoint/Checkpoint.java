package dev.sotto.checkpoint;

import dev.sotto.base.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * A model's weights under HuggingFace's names: a directory with safetensors files, or a GGUF file.
 */
public interface Checkpoint extends AutoCloseable {
  /**
   * Opens the weights of a model; nothing but headers is read.
   *
   * @param model a HuggingFace model directory, or a GGUF file
   * @return the open checkpoint
   * @throws InputException if weights are missing or a file is damaged
   */
  static Checkpoint open(Path model) {
    return Files.isRegularFile(model)
        ? GgufCheckpoint.open(model)
        : SafetensorsCheckpoint.open(model);
  }

  /** The directory, or the file, as given. */
  Path location();

  /** The files that hold the weights, in the order of their names. */
  List<Path> files();

  /** Names of all tensors, in the order of the files. */
  Set<String> names();

  /** Whether {@link #tensor} would give a tensor of that name. */
  default boolean has(String name) {
    return names().contains(name);
  }

  /**
   * Maps one tensor.
   *
   * @param name its name
   * @return a view that stays valid after {@link #close()}
   * @throws InputException if there is none of that name, or its type cannot be read
   */
  TensorView tensor(String name);

  /**
   * Whether norms that scale by 1 + w are stored as that sum, and not as w: ggml's files do so for
   * Gemma.
   */
  default boolean storesWholeGains() {
    return false;
  }

  /** Gives the file handles back. Views made before stay valid. */
  @Override
  void close();
}
