package dev.sotto.template;

import java.util.List;

/** What prints, assigns or decides. */
sealed interface Statement {
  /** Where it begins, from 1. */
  int line();

  /** What is printed as it is. */
  record Data(String text, int line) implements Statement {}

  record Print(List<Expression> values, int line) implements Statement {}

  record If(
      Expression test, List<Statement> then, List<Statement> otherwise, boolean isElif, int line)
      implements Statement {
    /** An {@code elif} is an {@code if} in the place of the {@code else}. */
    boolean hasElif() {
      return otherwise.size() == 1 && otherwise.get(0) instanceof If inner && inner.isElif();
    }
  }

  /**
   * @param test after {@code if}, or null
   */
  record For(
      Target target,
      Expression over,
      Expression test,
      boolean recursive,
      Body body,
      Body otherwise,
      int line)
      implements Statement {}

  /** {@code {% set target = value %}}. */
  record Set(Target target, Expression value, int line) implements Statement {}

  /** {@code {% set target | filter %}...{% endset %}}; without a filter, null. */
  record SetBlock(Target target, Expression.Filter filter, Body body, int line)
      implements Statement {}

  record With(List<Target> targets, List<Expression> values, Body body, int line)
      implements Statement {}

  record Macro(String name, Signature signature, Body body, int line) implements Statement {}

  /** {@code {% call(signature) call %}...{% endcall %}}. */
  record CallBlock(Expression.Call call, Signature signature, Body body, int line)
      implements Statement {}

  record FilterBlock(Expression.Filter filter, Body body, int line) implements Statement {}

  /** {@code {% generation %}}: prints its body, and where it stands is told. */
  record Generation(Body body, int line) implements Statement {}

  record Break(int line) implements Statement {}

  record Continue(int line) implements Statement {}

  /**
   * The parameters of a macro; the last ones have defaults.
   *
   * @param parameters their names
   * @param defaults of the last ones
   */
  record Signature(List<String> parameters, List<Expression> defaults) {
    static final Signature EMPTY = new Signature(List.of(), List.of());
  }

  /** Statements with names of their own: each is itself, whatever it holds. */
  final class Body {
    private final List<Statement> statements;

    Body(List<Statement> statements) {
      this.statements = List.copyOf(statements);
    }

    List<Statement> statements() {
      return statements;
    }
  }

  /** What can be assigned to. */
  sealed interface Target {
    /** A name. */
    record Variable(String name) implements Target {}

    /** {@code namespace.name}. */
    record Member(String namespace, String name) implements Target {}

    /** Several, one for each element. */
    record Several(List<Target> targets) implements Target {}
  }
}
