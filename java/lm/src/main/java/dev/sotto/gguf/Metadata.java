package dev.sotto.gguf;

import dev.sotto.base.InputException;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The metadata of a GGUF file by key. Values are read where they lie when they are asked for.
 * Messages name file and key.
 */
public final class Metadata {
  /** Kinds of values, by code. */
  private enum Kind {
    U8(1),
    I8(1),
    U16(2),
    I16(2),
    U32(4),
    I32(4),
    F32(4),
    BOOL(1),
    STRING(0),
    ARRAY(0),
    U64(8),
    I64(8),
    F64(8);

    private final int bytes;

    Kind(int bytes) {
      this.bytes = bytes;
    }

    boolean isWhole() {
      return bytes > 0 && this != F32 && this != F64 && this != BOOL;
    }
  }

  /** Bytes of the shortest entry: an empty key, a kind, a byte. */
  static final int LEAST_BYTES = 8 + 4 + 1;

  /**
   * A value.
   *
   * @param kind of the value, or of an array's elements
   * @param length of an array; −1 for a single value
   * @param at its first byte
   */
  private record Entry(Kind kind, int length, int at) {}

  private final Cursor file;
  private final Map<String, Entry> entries;

  private Metadata(Cursor file, Map<String, Entry> entries) {
    this.file = file;
    this.entries = entries;
  }

  /**
   * Reads keys and walks over values.
   *
   * @param cursor at the first entry; behind the last one afterwards
   */
  static Metadata read(Cursor cursor, int count) {
    Map<String, Entry> entries = new HashMap<>();
    for (int i = 0; i < count; i++) {
      String key = cursor.string("a metadata key");
      Kind kind = kind(cursor, key);
      int length = -1;
      if (kind == Kind.ARRAY) {
        kind = kind(cursor, key);
        if (kind == Kind.ARRAY) {
          throw wrong(cursor, key, "is an array of arrays, which is not supported");
        }
        length = cursor.count("elements of an array", kind == Kind.STRING ? 8 : kind.bytes);
      }
      Entry entry = new Entry(kind, length, cursor.position());
      int values = length < 0 ? 1 : length;
      if (kind == Kind.STRING) {
        for (int j = 0; j < values; j++) {
          cursor.skipString("a string of an array");
        }
      } else {
        cursor.skip((long) values * kind.bytes, "a metadata value");
      }
      if (entries.put(key, entry) != null) {
        throw wrong(cursor, key, "stands twice; bring back a whole copy");
      }
    }
    return new Metadata(cursor, entries);
  }

  private static Kind kind(Cursor cursor, String key) {
    long code = cursor.number("the type of a metadata value", 4);
    if (code >= Kind.values().length) {
      throw wrong(cursor, key, "has the unknown type " + code + "; bring back a whole copy");
    }
    return Kind.values()[(int) code];
  }

  private static InputException wrong(Cursor file, String key, String fault) {
    return new InputException(file.file() + ": metadata value '" + key + "' " + fault);
  }

  /**
   * The refusal of a value.
   *
   * @param fault what is wrong with it, and what to do
   */
  public InputException wrong(String key, String fault) {
    return wrong(file, key, fault);
  }

  /** Whether there is such a value. */
  public boolean has(String key) {
    return entries.containsKey(key);
  }

  private Optional<Entry> single(String key) {
    return Optional.ofNullable(entries.get(key))
        .map(
            entry -> {
              if (entry.length() >= 0) {
                throw wrong(key, "is a list where one value belongs");
              }
              return entry;
            });
  }

  /** A string; empty if there is none. */
  public Optional<String> string(String key) {
    return single(key)
        .map(
            entry -> {
              require(key, entry.kind() == Kind.STRING, "is no string");
              return file.at(entry.at()).string(key);
            });
  }

  /** A whole number from 0 to 2³¹ − 1; empty if there is none. */
  public OptionalInt whole(String key) {
    return single(key)
        .map(entry -> OptionalInt.of(whole(key, entry, 0)))
        .orElse(OptionalInt.empty());
  }

  private int whole(String key, Entry entry, int index) {
    require(key, entry.kind().isWhole(), "is no whole number");
    int bytes = entry.kind().bytes;
    long value = file.at(entry.at() + index * bytes).number(key, bytes);
    // A signed number below 0 comes out large, but of a byte or two.
    boolean negative = entry.kind() == Kind.I8 && value > 127;
    negative |= entry.kind() == Kind.I16 && value > Short.MAX_VALUE;
    require(
        key, !negative && value >= 0 && value <= Integer.MAX_VALUE, "is not from 0 to 2147483647");
    return (int) value;
  }

  /** A finite number; empty if there is none. */
  public Optional<Double> number(String key) {
    return single(key)
        .map(
            entry -> {
              double value = entry.kind().isWhole() ? whole(key, entry, 0) : real(key, entry, 0);
              require(key, Double.isFinite(value), "is no finite number");
              return value;
            });
  }

  private double real(String key, Entry entry, int index) {
    require(key, entry.kind() == Kind.F32 || entry.kind() == Kind.F64, "is no number");
    int bytes = entry.kind().bytes;
    long bits = file.at(entry.at() + index * bytes).number(key, bytes);
    // The shortest decimal of a single: what was meant by 1e-5, not the nearest single to it.
    return bytes == 8
        ? Double.longBitsToDouble(bits)
        : Double.parseDouble(Float.toString(Float.intBitsToFloat((int) bits)));
  }

  /** A truth value, or its default. */
  public boolean flagOr(boolean fallback, String key) {
    return single(key)
        .map(
            entry -> {
              require(key, entry.kind() == Kind.BOOL, "is neither true nor false");
              return file.at(entry.at()).number(key, 1) != 0;
            })
        .orElse(fallback);
  }

  /** A list of strings; empty if there is none. */
  public Optional<List<String>> strings(String key) {
    return list(key)
        .map(
            entry -> {
              require(key, entry.kind() == Kind.STRING, "is no list of strings");
              Cursor at = file.at(entry.at());
              List<String> strings = new ArrayList<>(entry.length());
              for (int i = 0; i < entry.length(); i++) {
                strings.add(at.string(key));
              }
              return strings;
            });
  }

  /** A list of numbers, read when asked for; empty if there is none. */
  public Optional<List<Double>> numbers(String key) {
    return list(key)
        .map(
            entry ->
                new AbstractList<Double>() {
                  @Override
                  public Double get(int index) {
                    return entry.kind().isWhole()
                        ? whole(key, entry, index)
                        : real(key, entry, index);
                  }

                  @Override
                  public int size() {
                    return entry.length();
                  }
                });
  }

  private Optional<Entry> list(String key) {
    return Optional.ofNullable(entries.get(key))
        .map(
            entry -> {
              require(key, entry.length() >= 0, "is one value where a list belongs");
              return entry;
            });
  }

  private void require(String key, boolean holds, String fault) {
    if (!holds) {
      throw wrong(key, fault + "; convert the model again");
    }
  }
}
