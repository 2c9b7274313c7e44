package dev.sotto.data;

import dev.sotto.base.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * UTF-8 to characters, strictly: where the JDK's readers would put a replacement character or fail
 * without a place, this one names the byte. A byte-order mark at the start is dropped.
 */
final class Utf8Reader extends Reader {
  private final Path file;
  private final InputStream in;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);
  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).flip();

  /** Offset in the (uncompressed) stream of the first byte in the buffer. */
  private long bufferOffset;

  private long lineEnds;
  private boolean atStart = true;
  private boolean ended;

  Utf8Reader(Path file, InputStream in) {
    this.file = file;
    this.in = in;
  }

  @Override
  public int read(char[] target, int offset, int length) throws IOException {
    // One character's room is too little for a surrogate pair; callers buffer with far more.
    CharBuffer chars = CharBuffer.wrap(target, offset, length);
    while (chars.position() == 0 && length > 0) {
      CoderResult result = decoder.decode(bytes, chars, ended);
      for (int i = offset; i < offset + chars.position(); i++) {
        lineEnds += target[i] == '\n' ? 1 : 0;
      }
      if (result.isError()) {
        throw new InputException(
            file
                + ": is not valid UTF-8 at byte "
                + (bufferOffset + bytes.position())
                + " (of the uncompressed text), in line "
                + (lineEnds + 1)
                + "; convert the file to UTF-8");
      }
      if (chars.position() > 0) {
        break;
      }
      if (result.isOverflow()) {
        throw new IOException("buffer too small for one character");
      }
      if (ended) {
        return -1;
      }
      fill();
    }
    return chars.position();
  }

  private void fill() throws IOException {
    bufferOffset += bytes.position();
    bytes.compact();
    int count = in.read(bytes.array(), bytes.position(), bytes.remaining());
    if (count < 0) {
      ended = true;
    } else {
      bytes.position(bytes.position() + count);
    }
    bytes.flip();
    if (atStart && (bytes.remaining() >= 3 || ended)) {
      atStart = false;
      if (bytes.remaining() >= 3
          && bytes.get(0) == (byte) 0xEF
          && bytes.get(1) == (byte) 0xBB
          && bytes.get(2) == (byte) 0xBF) {
        bytes.position(3);
      }
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
