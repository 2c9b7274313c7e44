package dev.sotto.template;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The names of a body while it is rendered, inside of those of the body around it. */
final class Scope {
  /** What an own name holds until it is assigned. */
  private static final Object NOTHING = new Object();

  private final Scope parent;
  private final Map<String, Object> values = new HashMap<>();

  /**
   * @param parent or null
   * @param unassigned names that are its own and hold nothing yet
   */
  Scope(Scope parent, Set<String> unassigned) {
    this.parent = parent;
    unassigned.forEach(name -> values.put(name, NOTHING));
  }

  void set(String name, Object value) {
    values.put(name, value);
  }

  /** The value, an {@link Undefined} for an own name that holds nothing, or null. */
  Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.parent) {
      Object value = scope.values.get(name);
      if (value != null) {
        return value == NOTHING ? Undefined.name(name) : value;
      }
    }
    return null;
  }
}
