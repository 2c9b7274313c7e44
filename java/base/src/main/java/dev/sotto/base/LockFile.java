package dev.sotto.base;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Keeps others out, other processes and other users of this one alike, by a lock on a file. */
public final class LockFile {
  private LockFile() {}

  /**
   * Takes the lock if nobody has it; does not wait. On POSIX systems a process gives up its lock on
   * a file as soon as it closes any channel to that file: read and write it through this one.
   *
   * @param file made if it is missing
   * @return open for reading and writing, and locked until it is closed; empty if another has it
   */
  public static Optional<FileChannel> tryLock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      locked = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // As if another process had it.
    } finally {
      if (!locked) {
        channel.close();
      }
    }
    return locked ? Optional.of(channel) : Optional.empty();
  }
}
