package dev.sotto.gguf;

import dev.sotto.base.InputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A place in the header of a GGUF file; nothing is read beyond the file's end. */
final class Cursor {
  private final Path file;
  private final ByteBuffer bytes;

  /**
   * At the beginning.
   *
   * @param bytes of the file, or its first 2 GiB
   */
  Cursor(Path file, ByteBuffer bytes) {
    this.file = file;
    this.bytes = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  Path file() {
    return file;
  }

  int position() {
    return bytes.position();
  }

  Cursor at(int position) {
    Cursor moved = new Cursor(file, bytes);
    moved.bytes.position(position);
    return moved;
  }

  int remaining() {
    return bytes.remaining();
  }

  /** Refuses a file that ends before the next {@code count} bytes, an unsigned number. */
  private void require(long count, String what) {
    if (count < 0 || count > bytes.remaining()) {
      throw new InputException(
          file
              + ": "
              + what
              + " at byte "
              + bytes.position()
              + " takes "
              + Long.toUnsignedString(count)
              + " bytes where "
              + bytes.remaining()
              + " are left; the file is truncated or damaged, bring back a whole copy");
    }
  }

  /**
   * A count of things that take {@code least} bytes each or more, of which the file must hold as
   * many.
   */
  int count(String what, int least) {
    long count = number(what, 8);
    if (count < 0 || count > bytes.remaining() / least) {
      throw new InputException(
          file
              + ": claims "
              + Long.toUnsignedString(count)
              + " "
              + what
              + " at byte "
              + (bytes.position() - 8)
              + ", more than fit into the "
              + bytes.remaining()
              + " bytes that are left; the file is truncated or damaged, bring back a whole copy");
    }
    return (int) count;
  }

  /** An unsigned little-endian number of 1, 2, 4 or 8 bytes; of 8 it may come out negative. */
  long number(String what, int width) {
    require(width, what);
    return switch (width) {
      case 1 -> bytes.get() & 0xffL;
      case 2 -> bytes.getShort() & 0xffffL;
      case 4 -> bytes.getInt() & 0xffffffffL;
      default -> bytes.getLong();
    };
  }

  /** A string: its length in 8 bytes, then UTF-8. */
  String string(String what) {
    long length = number(what, 8);
    require(length, what);
    byte[] text = new byte[(int) length];
    bytes.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  void skipString(String what) {
    skip(number(what, 8), what);
  }

  void skip(long count, String what) {
    require(count, what);
    bytes.position(bytes.position() + (int) count);
  }
}
