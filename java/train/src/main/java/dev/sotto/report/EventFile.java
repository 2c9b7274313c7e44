package dev.sotto.report;

import com.google.protobuf.CodedOutputStream;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A file of scalars that TensorBoard reads: its {@code Event} messages in protobuf, framed as a
 * TFRecord each. The time of an event is a second a step after a fixed start, since how long a step
 * of a private run took follows the records it drew.
 *
 * <p>Source: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto,
 * tensorflow/core/lib/io/record_writer.h.
 */
public final class EventFile implements AutoCloseable {
  /** What TensorBoard knows event files by. */
  public static final String PREFIX = "events.out.tfevents.";

  // Fields of Event.
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  // Fields of Summary, and of its Value.
  private static final int VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;

  private static final int CRC_MASK = 0xa282ead8;

  private final Path file;
  private final long start;
  private final OutputStream out;

  /**
   * Makes a file.
   *
   * @param file that is not there yet; its name begins with {@link #PREFIX}
   * @param start seconds since 1970 that step 0 is said to have been at
   * @throws InputException if it cannot be written
   */
  public EventFile(Path file, long start) {
    this.file = file;
    this.start = start;
    try {
      out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW);
    } catch (IOException e) {
      throw FileFailure.cannotBeWritten(file, e);
    }
    write(0, event -> event.writeString(FILE_VERSION, "brain.Event:2"));
  }

  /**
   * Adds an event, which is in the file when this returns.
   *
   * @param step from 0
   * @param scalars by tag; {@code a/b} stands under the heading {@code a}
   * @throws InputException if it cannot be written
   */
  public void scalars(long step, Map<String, Double> scalars) {
    byte[] summary =
        message(
            values -> {
              for (Map.Entry<String, Double> scalar : scalars.entrySet()) {
                values.writeByteArray(
                    VALUE,
                    message(
                        value -> {
                          value.writeString(TAG, scalar.getKey());
                          value.writeFloat(SIMPLE_VALUE, scalar.getValue().floatValue());
                        }));
              }
            });
    write(step, event -> event.writeByteArray(SUMMARY, summary));
  }

  private void write(long step, Fields what) {
    byte[] event =
        message(
            fields -> {
              fields.writeDouble(WALL_TIME, (double) start + step);
              if (step != 0) {
                fields.writeInt64(STEP, step);
              }
              what.writeTo(fields);
            });
    byte[] length =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(event.length).array();
    ByteBuffer framed = ByteBuffer.allocate(16 + event.length).order(ByteOrder.LITTLE_ENDIAN);
    framed.put(length).putInt(maskedCrc(length)).put(event).putInt(maskedCrc(event));
    try {
      out.write(framed.array());
      out.flush();
    } catch (IOException e) {
      throw FileFailure.cannotBeWritten(file, e);
    }
  }

  private static int maskedCrc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Integer.rotateRight((int) crc.getValue(), 15) + CRC_MASK;
  }

  /** What a message holds. */
  private interface Fields {
    void writeTo(CodedOutputStream message) throws IOException;
  }

  private static byte[] message(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream message = CodedOutputStream.newInstance(bytes);
    try {
      fields.writeTo(message);
      message.flush();
    } catch (IOException e) {
      throw new IllegalStateException("memory that cannot be written to", e);
    }
    return bytes.toByteArray();
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw FileFailure.cannotBeWritten(file, e);
    }
  }
}
