package dev.sotto.budget;

import dev.sotto.base.DurableDirectory;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.LockFile;
import dev.sotto.base.Quietly;
import dev.sotto.ledger.ChainHead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * How far a run's ledger has come, kept with the book rather than with the run: a copy of the run
 * that is older, or has gone another way, does not reach it. Locked by the one process that runs.
 */
final class RunHead implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;

  private RunHead(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Opens and locks it; made if it is missing, and its name is on disk then.
   *
   * @throws InputException if another process runs the run
   */
  static RunHead lock(Path path) {
    try {
      // Read and written through one channel: to close another would give up the lock.
      FileChannel channel =
          LockFile.tryLock(path)
              .orElseThrow(
                  () -> new InputException("another process is running this run; wait for it"));
      DurableDirectory.force(path.getParent());
      return new RunHead(path, channel);
    } catch (IOException e) {
      throw FileFailure.cannotBeWritten(path, e);
    }
  }

  /**
   * What was kept last.
   *
   * @throws InputException if nothing was, or it is damaged
   */
  ChainHead read() {
    ByteBuffer text = ByteBuffer.allocate(ChainHead.BYTES);
    try {
      while (text.hasRemaining() && channel.read(text, text.position()) > 0) {
        continue;
      }
      return ChainHead.parse(new String(text.array(), 0, text.position(), StandardCharsets.UTF_8));
    } catch (IOException | IllegalArgumentException e) {
      throw new InputException(
          path + ": is missing or damaged, so nothing says how far the run had come", e);
    }
  }

  /** Keeps a head; on disk when this returns. */
  void keep(ChainHead head) {
    try {
      ByteBuffer text = ByteBuffer.wrap(head.bytes());
      while (text.hasRemaining()) {
        channel.write(text, text.position());
      }
      channel.force(true);
    } catch (IOException e) {
      throw new InputException(
          path + ": cannot be written (" + FileFailure.why(e) + "); nothing more is released", e);
    }
  }

  @Override
  public void close() {
    Quietly.close(channel);
  }
}
