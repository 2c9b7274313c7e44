package dev.sotto.gguf;

import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.PlainFile;
import dev.sotto.base.Quietly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.Map;

/**
 * A GGUF file, memory-mapped. Opening reads and checks metadata and tensor table; data is mapped
 * tensor by tensor when asked for. Not safe for concurrent {@link #close()}; otherwise safe for
 * concurrent use.
 */
public final class GgufFile implements AutoCloseable {
  private static final int MAGIC = 0x46554747; // "GGUF"

  private final Path file;
  private final FileChannel channel;
  private final ByteBuffer header;
  private final Metadata metadata;
  private final TensorTable table;

  private GgufFile(
      Path file, FileChannel channel, ByteBuffer header, Metadata metadata, TensorTable table) {
    this.file = file;
    this.channel = channel;
    this.header = header;
    this.metadata = metadata;
    this.table = table;
  }

  /**
   * Opens a file and checks its header.
   *
   * @param file a GGUF file of version 2 or 3
   * @throws InputException if it is missing, unreadable, truncated, of another format or version,
   *     or what it claims contradicts itself or the file's size
   */
  public static GgufFile open(Path file) {
    return PlainFile.open(file, channel -> read(file, channel));
  }

  private static GgufFile read(Path file, FileChannel channel) throws IOException {
    long fileBytes = channel.size();
    ByteBuffer start = channel.map(MapMode.READ_ONLY, 0, Math.min(fileBytes, Integer.MAX_VALUE));
    Cursor cursor = new Cursor(file, start);
    if (cursor.remaining() < 4 || cursor.number("the format's mark", 4) != MAGIC) {
      throw new InputException(
          file + ": does not begin with GGUF; name a GGUF file or a HuggingFace model directory");
    }
    long version = cursor.number("the version", 4);
    if (version != 2 && version != 3) {
      throw new InputException(
          file
              + ": has GGUF version "
              + version
              + "; versions 2 and 3, little-endian, can be read: convert the model again");
    }
    int tensors = cursor.count("tensors", TensorTable.LEAST_BYTES);
    int values = cursor.count("metadata values", Metadata.LEAST_BYTES);
    Metadata metadata = Metadata.read(cursor, values);
    TensorTable table = TensorTable.read(cursor, tensors, alignment(metadata), fileBytes);
    return new GgufFile(
        file, channel, start.slice(0, cursor.position()).asReadOnlyBuffer(), metadata, table);
  }

  private static int alignment(Metadata metadata) {
    String key = "general.alignment";
    int alignment = metadata.whole(key).orElse(32);
    if (Integer.bitCount(alignment) != 1 || alignment > 1 << 20) {
      throw metadata.wrong(
          key, "is " + alignment + ", but must be a power of two up to 1048576; convert again");
    }
    return alignment;
  }

  /** The file's path as given. */
  public Path file() {
    return file;
  }

  /** The values by key. */
  public Metadata metadata() {
    return metadata;
  }

  /** Everything before the data, read-only: metadata and tensor table. */
  public ByteBuffer header() {
    return header.duplicate();
  }

  /** The tensors by name, in the order of the table. */
  public Map<String, TensorEntry> tensors() {
    return table.entries();
  }

  /**
   * Maps the data of a tensor.
   *
   * @param tensor one of {@link #tensors()}
   * @return its blocks, little-endian, read-only, direct; valid after {@link #close()}
   * @throws InputException if its type cannot be read, or it has 2 GiB or more
   */
  public ByteBuffer data(TensorEntry tensor) {
    if (tensor.type().storage().isEmpty()) {
      throw new InputException(
          file
              + ": tensor '"
              + tensor.name()
              + "' has the type "
              + tensor.type().name()
              + ", which is not supported; choose a file with "
              + TensorType.readable());
    }
    if (tensor.bytes() > Integer.MAX_VALUE) {
      throw new InputException(
          file
              + ": tensor '"
              + tensor.name()
              + "' has "
              + tensor.bytes()
              + " bytes; the limit is 2 GiB a tensor");
    }
    try {
      return channel
          .map(MapMode.READ_ONLY, table.dataStart() + tensor.offset(), tensor.bytes())
          .order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw new InputException(
          file + ": tensor '" + tensor.name() + "' cannot be mapped: " + FileFailure.why(e), e);
    }
  }

  /** Gives the file handle back. Data mapped before stays valid. */
  @Override
  public void close() {
    Quietly.close(channel);
  }
}
