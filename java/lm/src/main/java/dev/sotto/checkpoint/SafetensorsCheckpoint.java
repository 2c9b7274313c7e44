package dev.sotto.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.base.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The weights of a HuggingFace model directory: {@code model.safetensors}, or the shards that
 * {@code model.safetensors.index.json} names.
 */
final class SafetensorsCheckpoint implements Checkpoint {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private final Path modelDir;
  private final Map<String, SafetensorsFile> files;
  private final Map<String, SafetensorsFile> fileOfTensor = new LinkedHashMap<>();

  private SafetensorsCheckpoint(Path modelDir, Map<String, SafetensorsFile> files) {
    this.modelDir = modelDir;
    this.files = files;
  }

  /**
   * Opens the weights of a model directory; nothing but headers is read.
   *
   * @throws InputException if weights or a shard are missing, a shard lies outside the directory, a
   *     tensor is not in the shard the index names, or a file is damaged
   */
  static SafetensorsCheckpoint open(Path modelDir) {
    SafetensorsCheckpoint checkpoint = new SafetensorsCheckpoint(modelDir, new LinkedHashMap<>());
    try {
      if (Files.exists(modelDir.resolve(SINGLE))) {
        SafetensorsFile file = checkpoint.file(SINGLE);
        file.names().forEach(name -> checkpoint.fileOfTensor.put(name, file));
      } else if (Files.exists(modelDir.resolve(INDEX))) {
        checkpoint.readIndex();
      } else {
        throw new InputException(
            modelDir
                + ": holds neither "
                + SINGLE
                + " nor "
                + INDEX
                + "; name a HuggingFace model directory (convert .bin weights to safetensors)");
      }
      return checkpoint;
    } catch (RuntimeException e) {
      checkpoint.close();
      throw e;
    }
  }

  private void readIndex() {
    ModelConfigFile index = ModelConfigFile.read(modelDir.resolve(INDEX));
    JsonNode weightMap = index.node("weight_map");
    if (!weightMap.isObject() || weightMap.isEmpty()) {
      throw new InputException(
          index.file() + ": has no 'weight_map' of tensor names to shards; fetch the file again");
    }
    for (Map.Entry<String, JsonNode> field : weightMap.properties()) {
      String shard = field.getValue().asText();
      // A name from a downloaded file must not reach outside the directory it came with.
      if (!shard.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
        throw new InputException(
            index.file()
                + ": names the shard '"
                + shard
                + "', which is not a plain file name; fetch the index again");
      }
      SafetensorsFile file = file(shard);
      if (!file.names().contains(field.getKey())) {
        throw new InputException(
            file.file()
                + ": lacks the tensor '"
                + field.getKey()
                + "' that "
                + INDEX
                + " places there; fetch the shards and the index again");
      }
      fileOfTensor.put(field.getKey(), file);
    }
    // What a shard holds counts even where the index forgot it.
    for (SafetensorsFile file : files.values()) {
      file.names().forEach(name -> fileOfTensor.putIfAbsent(name, file));
    }
  }

  private SafetensorsFile file(String name) {
    SafetensorsFile file = files.get(name);
    if (file == null) {
      file = SafetensorsFile.open(modelDir.resolve(name));
      files.put(name, file);
    }
    return file;
  }

  @Override
  public Path location() {
    return modelDir;
  }

  @Override
  public List<Path> files() {
    return files.values().stream().map(SafetensorsFile::file).sorted().toList();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(fileOfTensor.keySet());
  }

  @Override
  public TensorView tensor(String name) {
    SafetensorsFile file = fileOfTensor.get(name);
    if (file == null) {
      throw new InputException(
          modelDir
              + ": has no tensor '"
              + name
              + "'; the weights do not belong to the architecture that config.json names");
    }
    return file.tensor(name);
  }

  @Override
  public void close() {
    files.values().forEach(SafetensorsFile::close);
  }
}
