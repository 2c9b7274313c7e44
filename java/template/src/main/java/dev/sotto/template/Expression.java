package dev.sotto.template;

import java.util.List;
import java.util.Map;

/** What has a value. */
sealed interface Expression {
  /** Where it begins, from 1. */
  int line();

  record Constant(Object value, int line) implements Expression {}

  record Name(String name, int line) implements Expression {}

  /** {@code of.name}. */
  record Attribute(Expression of, String name, int line) implements Expression {}

  /** {@code of[key]}. */
  record Item(Expression of, Expression key, int line) implements Expression {}

  /** {@code start:stop:step} as a key. */
  record Slice(Expression start, Expression stop, Expression step, int line)
      implements Expression {}

  record Call(Expression function, Given given, int line) implements Expression {}

  /** {@code value|name(given)}; without a value in {@code {% filter %}} and {@code {% set %}}. */
  record Filter(Expression value, String name, Given given, int line) implements Expression {}

  /** {@code value is name given}. */
  record Test(Expression value, String name, Given given, int line) implements Expression {}

  /** {@code - + not}. */
  record Unary(String operator, Expression value, int line) implements Expression {}

  /** {@code + - * / // % **}. */
  record Binary(String operator, Expression left, Expression right, int line)
      implements Expression {}

  record Both(Expression left, Expression right, int line) implements Expression {}

  record Either(Expression left, Expression right, int line) implements Expression {}

  /** {@code first < second == third ...}. */
  record Comparison(Expression first, List<Compared> rest, int line) implements Expression {}

  /**
   * @param operator {@code == != < <= > >= in}, or {@code not in}
   */
  record Compared(String operator, Expression with) {}

  /** {@code a ~ b ~ c}. */
  record Joined(List<Expression> parts, int line) implements Expression {}

  /** {@code then if test else otherwise}; without the last, null. */
  record Conditional(Expression test, Expression then, Expression otherwise, int line)
      implements Expression {}

  record ListOf(List<Expression> items, int line) implements Expression {}

  record TupleOf(List<Expression> items, int line) implements Expression {}

  record DictOf(List<Map.Entry<Expression, Expression>> entries, int line) implements Expression {}

  /**
   * What a function is called with.
   *
   * @param positional in order
   * @param named by name, in order
   * @param more after {@code *}, or null
   * @param moreNamed after {@code **}, or null
   */
  record Given(
      List<Expression> positional,
      List<Map.Entry<String, Expression>> named,
      Expression more,
      Expression moreNamed) {
    static final Given NOTHING = new Given(List.of(), List.of(), null, null);
  }
}
