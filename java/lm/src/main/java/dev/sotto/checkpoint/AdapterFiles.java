package dev.sotto.checkpoint;

import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * PEFT adapter directories: {@code adapter_config.json} and {@code adapter_model.safetensors} with
 * tensors {@code base_model.model.MODULE.lora_A.weight} [R, in] and {@code .lora_B.weight} [out,
 * R].
 */
public final class AdapterFiles {
  /**
   * Name of the file of a head that is none of HuggingFace's own, beside the adapter of the encoder
   * below it: {@code MODULE.weight} [out, in] and {@code MODULE.bias} [out].
   */
  public static final String HEAD_FILE_NAME = "head.safetensors";

  /** Name of the weights' file in an adapter directory. */
  public static final String WEIGHTS_FILE_NAME = "adapter_model.safetensors";

  private static final String PREFIX = "base_model.model.";
  private static final String A_SUFFIX = ".lora_A.weight";
  private static final String B_SUFFIX = ".lora_B.weight";
  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  private AdapterFiles() {}

  /**
   * An adapter.
   *
   * @param config its configuration
   * @param pairs its modules, in the file's order; every rank is the configuration's for the module
   * @param saved layers that it holds whole, in the file's order
   */
  public record Adapter(AdapterConfig config, List<LoraPair> pairs, List<SavedModule> saved) {}

  /**
   * Writes an adapter directory; each file is whole or absent, weights first.
   *
   * @param adapterDir the directory, made if absent
   * @param config the configuration
   * @param pairs the modules, in the order they are to be stored
   * @throws InputException if it cannot be written
   */
  public static void write(Path adapterDir, AdapterConfig config, List<LoraPair> pairs) {
    write(adapterDir, new Adapter(config, pairs, List.of()), Map.of());
  }

  /**
   * The same with notes in the metadata of the weights' file.
   *
   * @param adapterDir the directory, made if absent
   * @param adapter its configuration, and its modules in the order they are to be stored; layers
   *     that it holds whole stand in a file apart where the configuration names none of them
   * @param notes names and texts beside the {@code format} that PEFT asks for
   * @throws InputException if it cannot be written
   */
  public static void write(Path adapterDir, Adapter adapter, Map<String, String> notes) {
    Map<String, TensorData> tensors = new LinkedHashMap<>();
    for (LoraPair pair : adapter.pairs()) {
      String path = PREFIX + pair.module();
      tensors.put(path + A_SUFFIX, TensorData.f32(pair.a(), pair.rank(), pair.in()));
      tensors.put(path + B_SUFFIX, TensorData.f32(pair.b(), pair.out(), pair.rank()));
    }
    boolean apart = adapter.config().modulesToSave().isEmpty();
    Map<String, TensorData> head = apart ? new LinkedHashMap<>() : tensors;
    for (SavedModule module : adapter.saved()) {
      String path = apart ? module.module() : PREFIX + module.module();
      head.put(path + WEIGHT, TensorData.f32(module.weight(), module.out(), module.in()));
      if (module.bias().length > 0) {
        head.put(path + BIAS, TensorData.f32(module.bias(), module.out()));
      }
    }
    try {
      Files.createDirectories(adapterDir);
    } catch (IOException e) {
      throw FileFailure.cannotBeMade(adapterDir, e);
    }
    Map<String, String> metadata = new LinkedHashMap<>(notes);
    metadata.put("format", "pt");
    SafetensorsWriter.write(adapterDir.resolve(WEIGHTS_FILE_NAME), tensors, metadata);
    if (apart && !head.isEmpty()) {
      SafetensorsWriter.write(adapterDir.resolve(HEAD_FILE_NAME), head, metadata);
    }
    adapter.config().write(adapterDir);
  }

  /**
   * Reads an adapter directory.
   *
   * @param adapterDir a PEFT adapter directory
   * @return the adapter, its weights copied
   * @throws InputException if a file is missing or damaged, or asks for something unsupported
   */
  public static Adapter read(Path adapterDir) {
    AdapterConfig config = AdapterConfig.read(adapterDir);
    Path weights = adapterDir.resolve(WEIGHTS_FILE_NAME);
    List<LoraPair> pairs = new ArrayList<>();
    List<SavedModule> saved = new ArrayList<>();
    readInto(weights, config.modulesToSave(), pairs, saved);
    readHead(adapterDir.resolve(HEAD_FILE_NAME), saved);
    for (LoraPair pair : pairs) {
      int rank = config.scaling().rank(pair.module());
      if (pair.rank() != rank) {
        throw new InputException(
            weights
                + ": module '"
                + pair.module()
                + "' has rank "
                + pair.rank()
                + " but "
                + AdapterConfig.FILE_NAME
                + " says r = "
                + rank
                + "; the two files do not belong together");
      }
    }
    if (saved.isEmpty() && !config.modulesToSave().isEmpty()) {
      throw new InputException(
          weights
              + ": holds none of the modules_to_save that "
              + AdapterConfig.FILE_NAME
              + " names; the two files do not belong together");
    }
    return new Adapter(config, pairs, saved);
  }

  /**
   * Reads the weights of an adapter.
   *
   * @param weights a safetensors file with PEFT's names
   * @return the modules in the file's order
   * @throws InputException if it is missing or damaged, holds other tensors than pairs, or a pair
   *     is incomplete or its shapes disagree
   */
  public static List<LoraPair> readPairs(Path weights) {
    List<LoraPair> pairs = new ArrayList<>();
    readInto(weights, List.of(), pairs, new ArrayList<>());
    return pairs;
  }

  private static void readInto(
      Path weights, List<String> whole, List<LoraPair> pairs, List<SavedModule> saved) {
    try (SafetensorsFile file = SafetensorsFile.open(weights)) {
      for (String name : file.names()) {
        if (isSaved(name, whole)) {
          if (name.endsWith(WEIGHT)) {
            saved.add(savedModule(file, PREFIX, name));
          }
          continue;
        }
        if (!name.startsWith(PREFIX) || !(name.endsWith(A_SUFFIX) || name.endsWith(B_SUFFIX))) {
          throw new InputException(
              weights
                  + ": tensor '"
                  + name
                  + "' is not a LoRA matrix in PEFT's naming ("
                  + PREFIX
                  + "MODULE"
                  + A_SUFFIX
                  + "); only plain LoRA adapters are supported");
        }
        String path = name.substring(0, name.length() - A_SUFFIX.length());
        String partner = path + (name.endsWith(A_SUFFIX) ? B_SUFFIX : A_SUFFIX);
        if (!file.names().contains(partner)) {
          throw new InputException(
              weights + ": tensor '" + name + "' lacks its partner '" + partner + "'");
        }
        if (name.endsWith(A_SUFFIX)) {
          pairs.add(pair(path.substring(PREFIX.length()), file.tensor(name), file.tensor(partner)));
        }
      }
      if (pairs.isEmpty() && saved.isEmpty()) {
        throw new InputException(weights + ": holds no LoRA matrices; name a PEFT adapter");
      }
    }
  }

  private static void readHead(Path head, List<SavedModule> saved) {
    if (!Files.exists(head)) {
      return;
    }
    try (SafetensorsFile file = SafetensorsFile.open(head)) {
      for (String name : file.names()) {
        if (name.endsWith(WEIGHT)) {
          saved.add(savedModule(file, "", name));
        } else if (!name.endsWith(BIAS)) {
          throw new InputException(
              head + ": tensor '" + name + "' is neither weight nor bias of a layer");
        }
      }
    }
  }

  /** PEFT saves every module whose path ends in one of the names, with what stands below it. */
  private static boolean isSaved(String name, List<String> whole) {
    if (!name.startsWith(PREFIX) || name.endsWith(A_SUFFIX) || name.endsWith(B_SUFFIX)) {
      return false;
    }
    String path = name.substring(PREFIX.length());
    for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
      if (whole.stream().anyMatch(path.substring(0, dot)::endsWith)) {
        return true;
      }
    }
    return false;
  }

  private static SavedModule savedModule(SafetensorsFile file, String prefix, String name) {
    String path = name.substring(0, name.length() - WEIGHT.length());
    TensorView weight = file.tensor(name);
    long[] shape = weight.shape();
    float[] bias =
        file.names().contains(path + BIAS) ? file.tensor(path + BIAS).toFloats() : new float[0];
    if (shape.length != 2 || !allSizes(shape) || (bias.length > 0 && bias.length != shape[0])) {
      throw new InputException(
          weight.file()
              + ": weight and bias of the saved module '"
              + path.substring(prefix.length())
              + "' do not fit each other; they must be [out, in] and [out]");
    }
    return new SavedModule(
        path.substring(prefix.length()),
        Math.toIntExact(shape[1]),
        Math.toIntExact(shape[0]),
        weight.toFloats(),
        bias);
  }

  private static LoraPair pair(String module, TensorView a, TensorView b) {
    long[] aShape = a.shape();
    long[] bShape = b.shape();
    if (aShape.length != 2
        || bShape.length != 2
        || aShape[0] != bShape[1]
        || !allSizes(aShape)
        || !allSizes(bShape)) {
      throw new InputException(
          a.file()
              + ": the LoRA matrices of module '"
              + module
              + "' do not fit each other; A must be [r, in] and B [out, r], all from 1 to 2^31 -"
              + " 1");
    }
    return new LoraPair(
        module,
        Math.toIntExact(aShape[0]),
        Math.toIntExact(aShape[1]),
        Math.toIntExact(bShape[0]),
        a.toFloats(),
        b.toFloats());
  }

  private static boolean allSizes(long[] shape) {
    return Arrays.stream(shape).allMatch(size -> size >= 1 && size <= Integer.MAX_VALUE);
  }
}
