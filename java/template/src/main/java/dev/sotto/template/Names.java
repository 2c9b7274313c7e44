package dev.sotto.template;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The names that expressions read, in the order of the text, and that targets assign. */
final class Names {
  private Names() {}

  static void each(Expression expression, Consumer<String> name) {
    if (expression == null) {
      return;
    }
    if (expression instanceof Expression.Name variable) {
      name.accept(variable.name());
    } else if (expression instanceof Expression.Attribute attribute) {
      each(attribute.of(), name);
    } else if (expression instanceof Expression.Item item) {
      each(item.of(), name);
      each(item.key(), name);
    } else if (expression instanceof Expression.Slice slice) {
      each(slice.start(), name);
      each(slice.stop(), name);
      each(slice.step(), name);
    } else if (expression instanceof Expression.Call call) {
      each(call.function(), name);
      given(call.given(), name);
    } else if (expression instanceof Expression.Filter filter) {
      each(filter.value(), name);
      given(filter.given(), name);
    } else if (expression instanceof Expression.Test test) {
      each(test.value(), name);
      given(test.given(), name);
    } else if (expression instanceof Expression.Unary unary) {
      each(unary.value(), name);
    } else {
      compound(expression, name);
    }
  }

  private static void compound(Expression expression, Consumer<String> name) {
    if (expression instanceof Expression.Binary binary) {
      each(binary.left(), name);
      each(binary.right(), name);
    } else if (expression instanceof Expression.Both both) {
      each(both.left(), name);
      each(both.right(), name);
    } else if (expression instanceof Expression.Either either) {
      each(either.left(), name);
      each(either.right(), name);
    } else if (expression instanceof Expression.Comparison comparison) {
      each(comparison.first(), name);
      comparison.rest().forEach(compared -> each(compared.with(), name));
    } else if (expression instanceof Expression.Joined joined) {
      joined.parts().forEach(part -> each(part, name));
    } else if (expression instanceof Expression.Conditional conditional) {
      each(conditional.test(), name);
      each(conditional.then(), name);
      each(conditional.otherwise(), name);
    } else if (expression instanceof Expression.ListOf list) {
      list.items().forEach(item -> each(item, name));
    } else if (expression instanceof Expression.TupleOf tuple) {
      tuple.items().forEach(item -> each(item, name));
    } else if (expression instanceof Expression.DictOf dict) {
      dict.entries()
          .forEach(
              entry -> {
                each(entry.getKey(), name);
                each(entry.getValue(), name);
              });
    }
  }

  private static void given(Expression.Given given, Consumer<String> name) {
    given.positional().forEach(value -> each(value, name));
    given.named().forEach(entry -> each(entry.getValue(), name));
    each(given.more(), name);
    each(given.moreNamed(), name);
  }

  /** The variables that are assigned. */
  static List<String> of(Statement.Target target) {
    List<String> names = new ArrayList<>();
    if (target instanceof Statement.Target.Variable variable) {
      names.add(variable.name());
    } else if (target instanceof Statement.Target.Several several) {
      several.targets().forEach(each -> names.addAll(of(each)));
    }
    return names;
  }

  /** Whether statements, with all inside of them, read a name. */
  static boolean reads(List<Statement> statements, String wanted) {
    boolean[] found = new boolean[1];
    Consumer<String> look = name -> found[0] |= name.equals(wanted);
    statements.forEach(statement -> reads(statement, wanted, look, found));
    return found[0];
  }

  private static void reads(
      Statement statement, String wanted, Consumer<String> look, boolean[] found) {
    if (statement instanceof Statement.Print print) {
      print.values().forEach(value -> each(value, look));
    } else if (statement instanceof Statement.If condition) {
      each(condition.test(), look);
      found[0] |= reads(condition.then(), wanted) || reads(condition.otherwise(), wanted);
    } else if (statement instanceof Statement.For loop) {
      each(loop.over(), look);
      each(loop.test(), look);
      found[0] |= reads(loop.body().statements(), wanted);
      found[0] |= reads(loop.otherwise().statements(), wanted);
    } else if (statement instanceof Statement.Set set) {
      each(set.value(), look);
    } else if (statement instanceof Statement.SetBlock set) {
      found[0] |= reads(set.body().statements(), wanted);
    } else if (statement instanceof Statement.Macro macro) {
      macro.signature().defaults().forEach(value -> each(value, look));
      found[0] |= reads(macro.body().statements(), wanted);
    } else if (statement instanceof Statement.CallBlock call) {
      each(call.call(), look);
      found[0] |= reads(call.body().statements(), wanted);
    } else if (statement instanceof Statement.FilterBlock filter) {
      each(filter.filter(), look);
      found[0] |= reads(filter.body().statements(), wanted);
    } else if (statement instanceof Statement.Generation generation) {
      found[0] |= reads(generation.body().statements(), wanted);
    } else if (statement instanceof Statement.With with) {
      with.values().forEach(value -> each(value, look));
      found[0] |= reads(with.body().statements(), wanted);
    }
  }
}
