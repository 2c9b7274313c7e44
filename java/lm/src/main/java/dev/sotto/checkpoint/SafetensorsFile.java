package dev.sotto.checkpoint;

import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.PlainFile;
import dev.sotto.base.Quietly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A safetensors file, memory-mapped tensor by tensor.
 *
 * <p>Opening reads and checks the header alone. Each tensor is mapped on its own when asked for, so
 * the size of the file does not matter; one tensor may have up to 2 GiB. Not safe for concurrent
 * {@link #close()}; otherwise safe for concurrent use.
 */
public final class SafetensorsFile implements AutoCloseable {
  /** The reference implementation refuses longer headers, against exhaustion of memory. */
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private final Path file;
  private final FileChannel channel;
  private final long dataStart;
  private final SafetensorsHeader header;

  private SafetensorsFile(
      Path file, FileChannel channel, long dataStart, SafetensorsHeader header) {
    this.file = file;
    this.channel = channel;
    this.dataStart = dataStart;
    this.header = header;
  }

  /**
   * Opens a file and checks its header.
   *
   * @param file a safetensors file
   * @return the open file
   * @throws InputException if it is missing, unreadable, truncated, or its header is not valid or
   *     contradicts the file
   */
  public static SafetensorsFile open(Path file) {
    return PlainFile.open(file, channel -> read(file, channel));
  }

  private static SafetensorsFile read(Path file, FileChannel channel) throws IOException {
    long fileBytes = channel.size();
    if (fileBytes < 8) {
      throw new InputException(
          file
              + ": has "
              + fileBytes
              + " bytes, too few for a safetensors file; it is truncated, bring back a whole copy");
    }
    long headerBytes = readFully(channel, 0, 8, file).getLong();
    if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES || headerBytes > fileBytes - 8) {
      throw new InputException(
          file
              + ": claims a header of "
              + Long.toUnsignedString(headerBytes)
              + " bytes in a file of "
              + fileBytes
              + "; it is truncated or no safetensors file, bring back a whole copy");
    }
    byte[] json = readFully(channel, 8, (int) headerBytes, file).array();
    long dataStart = 8 + headerBytes;
    return new SafetensorsFile(
        file, channel, dataStart, SafetensorsHeader.parse(file, json, fileBytes - dataStart));
  }

  private static ByteBuffer readFully(FileChannel channel, long position, int count, Path file)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        throw new InputException(
            file + ": ends inside its header; it is truncated, bring back a whole copy");
      }
    }
    return bytes.flip();
  }

  /**
   * The file.
   *
   * @return its path as given
   */
  public Path file() {
    return file;
  }

  /**
   * Names of the tensors.
   *
   * @return the names in order of their place in the file
   */
  public Set<String> names() {
    return header.entries().keySet();
  }

  /**
   * The file's free strings.
   *
   * @return the {@code __metadata__} entries; empty if there are none
   */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /**
   * Maps one tensor.
   *
   * @param name its name
   * @return a view that stays valid after {@link #close()}
   * @throws InputException if there is none of that name, or it has 2 GiB or more
   */
  public TensorView tensor(String name) {
    SafetensorsHeader.Entry entry = header.entries().get(name);
    if (entry == null) {
      throw new InputException(
          file
              + ": has no tensor '"
              + name
              + "'; the checkpoint does not belong to this architecture");
    }
    long bytes = entry.end() - entry.begin();
    if (bytes > Integer.MAX_VALUE) {
      throw new InputException(
          file + ": tensor '" + name + "' has " + bytes + " bytes; the limit is 2 GiB a tensor");
    }
    try {
      ByteBuffer data =
          channel.map(FileChannel.MapMode.READ_ONLY, dataStart + entry.begin(), bytes);
      return new TensorView(
          name,
          entry.dtype(),
          Arrays.copyOf(entry.shape(), entry.shape().length),
          data.order(ByteOrder.LITTLE_ENDIAN),
          file);
    } catch (IOException e) {
      throw new InputException(
          file + ": tensor '" + name + "' cannot be mapped: " + FileFailure.why(e), e);
    }
  }

  /**
   * Maps all tensors.
   *
   * @return views by name, in order of their place in the file
   */
  public Map<String, TensorView> tensors() {
    Map<String, TensorView> views = new LinkedHashMap<>();
    for (String name : names()) {
      views.put(name, tensor(name));
    }
    return views;
  }

  /** Gives the file handle back. Views made before stay valid. */
  @Override
  public void close() {
    Quietly.close(channel);
  }
}
