package dev.sotto.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The values of expressions. */
final class Evaluator {
  private final Rendering rendering;
  private final Arithmetic arithmetic;
  private final Members members;
  private final Filters filters;
  private final Globals globals;

  Evaluator(Rendering rendering) {
    this.rendering = rendering;
    this.arithmetic = new Arithmetic(rendering.limits());
    this.members = new Members(rendering.limits());
    this.filters = new Filters(rendering.limits());
    this.globals = new Globals(rendering);
  }

  Object value(Expression expression, Scope scope) {
    rendering.step(expression.line());
    if (expression instanceof Expression.Constant constant) {
      return constant.value();
    } else if (expression instanceof Expression.Name name) {
      return name(name.name(), scope);
    } else if (expression instanceof Expression.Attribute attribute) {
      return members.attribute(operand(attribute.of(), scope), attribute.name());
    } else if (expression instanceof Expression.Item item) {
      return item(item, scope);
    } else if (expression instanceof Expression.Binary binary) {
      Object left = operand(binary.left(), scope);
      return arithmetic.apply(binary.operator(), left, operand(binary.right(), scope));
    } else if (expression instanceof Expression.Comparison comparison) {
      return comparison(comparison, scope);
    } else if (expression instanceof Expression.Call call) {
      Object function = value(call.function(), scope);
      return call(function, given(call.given(), scope));
    } else if (expression instanceof Expression.Filter filter) {
      return filter(filter, operand(filter.value(), scope), scope);
    } else if (expression instanceof Expression.Test test) {
      Object value = operand(test.value(), scope);
      return filters.tests().holds(test.name(), given(test.given(), scope).after(value));
    }
    return logic(expression, scope);
  }

  /** The value of what an operation may go through. */
  private Object operand(Expression expression, Scope scope) {
    Object value = value(expression, scope);
    rendering.stepThrough(value);
    return value;
  }

  private Object logic(Expression expression, Scope scope) {
    if (expression instanceof Expression.Both both) {
      Object left = value(both.left(), scope);
      return Equality.isTrue(left) ? value(both.right(), scope) : left;
    } else if (expression instanceof Expression.Either either) {
      Object left = value(either.left(), scope);
      return Equality.isTrue(left) ? left : value(either.right(), scope);
    } else if (expression instanceof Expression.Unary unary) {
      Object value = value(unary.value(), scope);
      return switch (unary.operator()) {
        case "not" -> !Equality.isTrue(value);
        case "-" -> Arithmetic.negated(value);
        default -> Arithmetic.positive(value);
      };
    } else if (expression instanceof Expression.Conditional conditional) {
      return conditional(conditional, scope);
    } else if (expression instanceof Expression.Joined joined) {
      StringBuilder out = new StringBuilder();
      for (Object part : values(joined.parts(), scope)) {
        rendering.stepThrough(part);
        if (part instanceof Types.Markup) {
          throw EvaluationFailure.unsupported("'~' on what is escaped");
        }
        out.append(Printing.str(part));
        rendering.limits().requireCharacters(out.length());
      }
      return out.toString();
    } else if (expression instanceof Expression.ListOf list) {
      return Types.list(values(list.items(), scope));
    } else if (expression instanceof Expression.TupleOf tuple) {
      return new Sequence.TupleValue(values(tuple.items(), scope));
    } else if (expression instanceof Expression.DictOf dict) {
      DictValue made = new DictValue();
      for (Map.Entry<Expression, Expression> entry : dict.entries()) {
        Object key = value(entry.getKey(), scope);
        made.put(key, value(entry.getValue(), scope));
      }
      return made;
    }
    throw EvaluationFailure.unsupported("a slice inside of a tuple");
  }

  private List<Object> values(List<Expression> expressions, Scope scope) {
    List<Object> values = new ArrayList<>(expressions.size());
    for (Expression expression : expressions) {
      values.add(value(expression, scope));
    }
    return values;
  }

  private Object name(String name, Scope scope) {
    Object value = scope.get(name);
    if (value == null) {
      value = rendering.given(name);
    }
    if (value == null) {
      value = globals.get(name);
    }
    return value == null ? Undefined.name(name) : value;
  }

  private Object item(Expression.Item item, Scope scope) {
    Object of = operand(item.of(), scope);
    if (item.key() instanceof Expression.Slice slice) {
      Slices slices =
          new Slices(
              value(slice.start(), scope), value(slice.stop(), scope), value(slice.step(), scope));
      return slices.of(of);
    }
    return members.item(of, value(item.key(), scope));
  }

  private Object conditional(Expression.Conditional conditional, Scope scope) {
    if (Equality.isTrue(value(conditional.test(), scope))) {
      return value(conditional.then(), scope);
    }
    return conditional.otherwise() == null
        ? new Undefined(
            "the inline if-expression evaluated to false and no else section was defined.")
        : value(conditional.otherwise(), scope);
  }

  private Object comparison(Expression.Comparison comparison, Scope scope) {
    Object left = operand(comparison.first(), scope);
    for (Expression.Compared compared : comparison.rest()) {
      Object right = operand(compared.with(), scope);
      if (!compare(compared.operator(), left, right)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  static boolean compare(String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> Equality.equal(left, right);
      case "!=" -> !Equality.equal(left, right);
      case "in" -> Iteration.contains(right, left);
      case "not in" -> !Iteration.contains(right, left);
      default -> Equality.ordered(operator, left, right);
    };
  }

  /** Filters of a {@code {% filter %}} or {@code {% set %}}, applied to what their body printed. */
  Object filtered(Expression.Filter filter, Object text, Scope scope) {
    Object value =
        filter.value() instanceof Expression.Filter inner ? filtered(inner, text, scope) : text;
    return filter(filter, value, scope);
  }

  private Object filter(Expression.Filter filter, Object value, Scope scope) {
    return filters.apply(filter.name(), given(filter.given(), scope).after(value));
  }

  Arguments given(Expression.Given given, Scope scope) {
    List<Object> positional = values(given.positional(), scope);
    Map<String, Object> named = new LinkedHashMap<>();
    for (Map.Entry<String, Expression> entry : given.named()) {
      name(named, entry.getKey(), value(entry.getValue(), scope));
    }
    if (given.more() != null) {
      positional.addAll(Iteration.items(value(given.more(), scope)));
    }
    if (given.moreNamed() != null) {
      if (!(value(given.moreNamed(), scope) instanceof DictValue dict)) {
        throw EvaluationFailure.of("argument after ** must be a mapping");
      }
      for (Map.Entry<Object, Object> entry : dict.entries()) {
        if (!(entry.getKey() instanceof String name)) {
          throw EvaluationFailure.of("keywords must be strings");
        }
        name(named, name, entry.getValue());
      }
    }
    return new Arguments(positional, named);
  }

  private static void name(Map<String, Object> named, String name, Object value) {
    if (named.put(name, value) != null) {
      throw EvaluationFailure.of("got multiple values for keyword argument '" + name + "'");
    }
  }

  Object call(Object function, Arguments arguments) {
    if (function instanceof Undefined missing) {
      throw missing.failure();
    }
    if (!(function instanceof Types.Function callable)) {
      throw EvaluationFailure.of("'" + Types.nameOf(function) + "' object is not callable");
    }
    arguments.positional().forEach(rendering::stepThrough);
    rendering.enter();
    try {
      return callable.call(arguments);
    } finally {
      rendering.leave();
    }
  }
}
