package dev.sotto.gguf;

import dev.sotto.base.InputException;
import dev.sotto.compute.StorageType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The checked tensor table of a GGUF file: every claim is held against the file's size before a
 * byte of data is touched.
 *
 * @param entries by name, in the table's order
 * @param dataStart first byte of the data in the file
 */
record TensorTable(Map<String, TensorEntry> entries, long dataStart) {
  /** Bytes of the shortest line: an empty name, the number of sizes, one size, type, offset. */
  static final int LEAST_BYTES = 8 + 4 + 8 + 4 + 8;

  private static final int MOST_SIZES = 4;

  /**
   * Reads and checks a table.
   *
   * @param cursor at its first line; behind the last one afterwards
   */
  static TensorTable read(Cursor cursor, int count, int alignment, long fileBytes) {
    Map<String, TensorEntry> entries = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      TensorEntry entry = entry(cursor);
      if (entries.put(entry.name(), entry) != null) {
        throw lie(cursor.file(), entry.name(), "stands twice in the table");
      }
    }
    long dataStart = ((long) cursor.position() + alignment - 1) / alignment * alignment;
    requireInside(cursor.file(), entries, alignment, Math.max(0, fileBytes - dataStart));
    return new TensorTable(Collections.unmodifiableMap(entries), dataStart);
  }

  private static TensorEntry entry(Cursor cursor) {
    String name = cursor.string("a tensor's name");
    long sizes = cursor.number("a tensor's number of sizes", 4);
    if (sizes < 1 || sizes > MOST_SIZES) {
      throw lie(cursor.file(), name, "has " + sizes + " sizes where 1 to 4 belong");
    }
    long[] shape = new long[(int) sizes];
    for (int i = shape.length - 1; i >= 0; i--) {
      shape[i] = cursor.number("a tensor's size", 8);
    }
    long code = cursor.number("a tensor's type", 4);
    Optional<TensorType> type = TensorType.ofCode(code);
    if (type.isEmpty()) {
      throw lie(cursor.file(), name, "has the unknown type " + code);
    }
    long offset = cursor.number("a tensor's offset", 8);
    long elements = elements(cursor.file(), name, shape);
    Optional<StorageType> storage = type.get().storage();
    if (storage.isPresent() && shape[shape.length - 1] % storage.get().blockLength() != 0) {
      throw lie(
          cursor.file(),
          name,
          "has rows of "
              + shape[shape.length - 1]
              + " values, no multiple of the "
              + storage.get().blockLength()
              + " of a block of "
              + type.get().name());
    }
    long bytes = storage.map(s -> s.bytes(elements)).orElse(0L);
    return new TensorEntry(name, type.get(), shape, offset, bytes);
  }

  private static long elements(Path file, String name, long[] shape) {
    long elements = 1;
    for (long size : shape) {
      // Four bytes an element at most, so that sizes in bytes fit a long as well.
      if (size < 1 || size > Long.MAX_VALUE / 4 / elements) {
        throw lie(file, name, "has the impossible sizes " + unsigned(shape));
      }
      elements *= size;
    }
    return elements;
  }

  private static String unsigned(long[] shape) {
    return Arrays.stream(shape).mapToObj(Long::toUnsignedString).toList().toString();
  }

  private static void requireInside(
      Path file, Map<String, TensorEntry> entries, int alignment, long dataBytes) {
    TensorEntry[] ordered = entries.values().toArray(TensorEntry[]::new);
    Arrays.sort(ordered, Comparator.comparingLong(TensorEntry::offset));
    long covered = 0;
    for (TensorEntry entry : ordered) {
      long offset = entry.offset();
      if (offset < 0 || offset > dataBytes || entry.bytes() > dataBytes - offset) {
        throw lie(
            file,
            entry.name(),
            "lies at bytes "
                + Long.toUnsignedString(offset)
                + " and "
                + entry.bytes()
                + " more of the data, of which the file holds "
                + dataBytes);
      }
      if (offset % alignment != 0) {
        throw lie(file, entry.name(), "begins at byte " + offset + ", no multiple of " + alignment);
      }
      if (offset < covered) {
        throw lie(file, entry.name(), "overlaps the one before");
      }
      covered = offset + entry.bytes();
    }
  }

  private static InputException lie(Path file, String name, String fault) {
    return new InputException(
        file
            + ": tensor '"
            + name
            + "' "
            + fault
            + "; the file is truncated or damaged, bring back a whole copy");
  }
}
