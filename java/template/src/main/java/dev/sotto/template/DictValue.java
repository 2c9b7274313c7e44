package dev.sotto.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A dict: keeps the order of insertion; keys are equal as Python has it, 1 and 1.0 and True. */
final class DictValue {
  private final Map<Object, Map.Entry<Object, Object>> entries = new LinkedHashMap<>();

  /** Only while it is made. A key that is there keeps its place and its first spelling. */
  void put(Object key, Object value) {
    Object hash = Equality.hashKey(key);
    Map.Entry<Object, Object> there = entries.get(hash);
    entries.put(hash, Map.entry(there == null ? key : there.getKey(), value));
  }

  /** The value, or null where there is none. */
  Object get(Object key) {
    Map.Entry<Object, Object> entry = entries.get(Equality.hashKey(key));
    return entry == null ? null : entry.getValue();
  }

  int size() {
    return entries.size();
  }

  Iterable<Map.Entry<Object, Object>> entries() {
    return entries.values();
  }

  List<Object> keys() {
    List<Object> keys = new ArrayList<>(size());
    entries.values().forEach(entry -> keys.add(entry.getKey()));
    return keys;
  }

  List<Object> values() {
    List<Object> values = new ArrayList<>(size());
    entries.values().forEach(entry -> values.add(entry.getValue()));
    return values;
  }

  /** Pairs of key and value. */
  List<Object> items() {
    List<Object> items = new ArrayList<>(size());
    entries
        .values()
        .forEach(
            entry -> items.add(new Sequence.TupleValue(List.of(entry.getKey(), entry.getValue()))));
    return items;
  }
}
