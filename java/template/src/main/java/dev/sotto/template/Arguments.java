package dev.sotto.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a function is called with.
 *
 * @param positional in order
 * @param named by name, in order
 */
record Arguments(List<Object> positional, Map<String, Object> named) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  static Arguments of(Object... values) {
    return new Arguments(List.of(values), Map.of());
  }

  /** The same behind a first one: what a filter is called with. */
  Arguments after(Object first) {
    List<Object> all = new ArrayList<>(positional.size() + 1);
    all.add(first);
    all.addAll(positional);
    return new Arguments(all, named);
  }

  /** The same without the first ones. */
  Arguments from(int start) {
    return new Arguments(positional.subList(start, positional.size()), named);
  }

  /** The same without a name. */
  Arguments without(String name) {
    Map<String, Object> others = new LinkedHashMap<>(named);
    others.remove(name);
    return new Arguments(positional, others);
  }

  /**
   * The values of a function's parameters; null for those that were not given.
   *
   * @param function as messages call it
   * @param required how many of the first must be given
   * @throws EvaluationFailure if they do not fit
   */
  Object[] bind(String function, int required, String... parameters) {
    if (positional.size() > parameters.length) {
      throw EvaluationFailure.of(
          function
              + "() takes at most "
              + parameters.length
              + " arguments ("
              + positional.size()
              + " given)");
    }
    Object[] values = new Object[parameters.length];
    for (int i = 0; i < positional.size(); i++) {
      values[i] = positional.get(i);
    }
    List<String> names = List.of(parameters);
    named.forEach(
        (name, value) -> {
          int place = names.indexOf(name);
          if (place < 0) {
            throw EvaluationFailure.of(
                function + "() got an unexpected keyword argument '" + name + "'");
          }
          if (values[place] != null) {
            throw EvaluationFailure.of(
                function + "() got multiple values for argument '" + name + "'");
          }
          values[place] = value;
        });
    for (int i = 0; i < required; i++) {
      if (values[i] == null) {
        throw EvaluationFailure.of(
            function + "() missing a required argument: '" + parameters[i] + "'");
      }
    }
    return values;
  }

  /** The same for a function that takes no names. */
  Object[] bindPositional(String function, int required, int most) {
    if (!named.isEmpty()) {
      throw EvaluationFailure.of(function + "() takes no keyword arguments");
    }
    if (positional.size() < required || positional.size() > most) {
      throw EvaluationFailure.of(function + "() takes " + required + " to " + most + " arguments");
    }
    Object[] values = new Object[most];
    for (int i = 0; i < positional.size(); i++) {
      values[i] = positional.get(i);
    }
    return values;
  }
}
