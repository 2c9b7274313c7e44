package dev.sotto.checkpoint;

import dev.sotto.base.InputException;
import dev.sotto.gguf.GgufFile;
import dev.sotto.gguf.TensorEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The weights of a GGUF file.
 *
 * <p>llama.cpp stores the query and key rows of a Llama head in pairs, which its rotation turns:
 * rows 0 and d/2, then 1 and d/2 + 1 of HuggingFace's order. They are put back, whole rows of
 * blocks as they are.
 */
final class GgufCheckpoint implements Checkpoint {
  private final GgufFile file;
  private final String architecture;
  private final Map<String, TensorEntry> tensors = new LinkedHashMap<>();

  private GgufCheckpoint(GgufFile file) {
    this.file = file;
    architecture = GgufConfig.architecture(file);
    for (TensorEntry entry : file.tensors().values()) {
      if (!entry.name().equals(GgufConfig.ROTARY_FACTORS)) {
        tensors.putIfAbsent(GgufNames.huggingFace(architecture, entry.name()), entry);
      }
    }
  }

  static GgufCheckpoint open(Path path) {
    GgufFile file = GgufFile.open(path);
    try {
      return new GgufCheckpoint(file);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  @Override
  public Path location() {
    return file.file();
  }

  @Override
  public List<Path> files() {
    return List.of(file.file());
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public TensorView tensor(String name) {
    TensorEntry entry = tensors.get(name);
    if (entry == null) {
      throw new InputException(
          file.file()
              + ": has no tensor '"
              + name
              + "' of HuggingFace's, which its architecture "
              + architecture
              + " needs; convert the model again");
    }
    ByteBuffer data = file.data(entry);
    if (architecture.equals("llama") && entry.name().matches("blk\\.\\d+\\.attn_[qk]\\..*")) {
      data = unpaired(entry, data);
    }
    DataType type = DataType.valueOf(entry.type().name());
    return new TensorView(entry.name(), type, entry.shape().clone(), data, file.file());
  }

  /** The rows of each head with their two halves one behind the other again. */
  private ByteBuffer unpaired(TensorEntry entry, ByteBuffer data) {
    String key = entry.name().contains("attn_q") ? "head_count" : "head_count_kv";
    int heads = GgufConfig.heads(file, key);
    long rows = entry.shape()[0];
    boolean whole = entry.shape().length == 2 || entry.bytes() == 4 * rows;
    if (rows % (2L * heads) != 0 || !whole) {
      throw new InputException(
          file.file()
              + ": tensor '"
              + entry.name()
              + "' has "
              + rows
              + " rows in "
              + entry.type().name()
              + ", which "
              + heads
              + " heads of an even number of channels cannot share; convert the model again");
    }
    int rowBytes = (int) (entry.bytes() / rows);
    int half = (int) (rows / heads / 2);
    ByteBuffer unpaired = ByteBuffer.allocateDirect(data.remaining());
    for (int row = 0; row < rows; row++) {
      int inHead = row % (2 * half);
      int paired = row - inHead + inHead % half * 2 + inHead / half;
      unpaired.put(row * rowBytes, data, paired * rowBytes, rowBytes);
    }
    return unpaired.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public boolean storesWholeGains() {
    return true;
  }

  @Override
  public void close() {
    file.close();
  }
}
