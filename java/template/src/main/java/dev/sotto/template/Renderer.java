package dev.sotto.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;

/** Carries out statements. */
final class Renderer {
  /** How a statement ended: whether the loop around it goes on as it was. */
  private enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  private final Rendering rendering;
  private final Evaluator evaluator;

  Renderer(Rendering rendering) {
    this.rendering = rendering;
    this.evaluator = new Evaluator(rendering);
  }

  void render(Statement.Body root) {
    run(root.statements(), rendering.scope(null, root));
  }

  private Flow run(List<Statement> statements, Scope scope) {
    for (Statement statement : statements) {
      rendering.step(statement.line());
      Flow flow = run(statement, scope);
      if (flow != Flow.ON) {
        return flow;
      }
    }
    return Flow.ON;
  }

  private Flow run(Statement statement, Scope scope) {
    if (statement instanceof Statement.Data data) {
      rendering.print(data.text());
    } else if (statement instanceof Statement.Print print) {
      print.values().forEach(value -> rendering.print(Printing.str(evaluator.value(value, scope))));
    } else if (statement instanceof Statement.If condition) {
      boolean holds = Equality.isTrue(evaluator.value(condition.test(), scope));
      return run(holds ? condition.then() : condition.otherwise(), scope);
    } else if (statement instanceof Statement.For loop) {
      return run(loop, evaluator.value(loop.over(), scope), 1, scope);
    } else if (statement instanceof Statement.Set set) {
      assign(set.target(), evaluator.value(set.value(), scope), scope);
    } else if (statement instanceof Statement.Break) {
      return Flow.BREAK;
    } else if (statement instanceof Statement.Continue) {
      return Flow.CONTINUE;
    } else {
      return runBlock(statement, scope);
    }
    return Flow.ON;
  }

  private Flow runBlock(Statement statement, Scope scope) {
    if (statement instanceof Statement.SetBlock set) {
      Object text = aside(set.body(), scope);
      assign(
          set.target(),
          set.filter() == null ? text : evaluator.filtered(set.filter(), text, scope),
          scope);
    } else if (statement instanceof Statement.Macro macro) {
      scope.set(macro.name(), macro(macro.name(), macro.signature(), macro.body(), scope));
    } else if (statement instanceof Statement.CallBlock call) {
      call(call, scope);
    } else if (statement instanceof Statement.FilterBlock filter) {
      Object text = aside(filter.body(), scope);
      rendering.print(text(evaluator.filtered(filter.filter(), text, scope)));
    } else if (statement instanceof Statement.Generation generation) {
      rendering.generation(() -> runInside(generation.body(), scope));
    } else if (statement instanceof Statement.With with) {
      return run(with, scope);
    }
    return Flow.ON;
  }

  /** What a block prints, which Jinja takes as it is. */
  private static String text(Object value) {
    if (value instanceof String text) {
      return text;
    } else if (value instanceof Types.Markup markup) {
      return markup.text();
    }
    throw EvaluationFailure.of("expected str instance, " + Types.nameOf(value) + " found");
  }

  private void runInside(Statement.Body body, Scope scope) {
    rendering.enter();
    run(body.statements(), rendering.scope(scope, body));
    rendering.leave();
  }

  private String aside(Statement.Body body, Scope scope) {
    return rendering.aside(() -> runInside(body, scope));
  }

  private Flow run(Statement.With with, Scope scope) {
    Scope inner = rendering.scope(scope, with.body());
    for (int i = 0; i < with.targets().size(); i++) {
      assign(with.targets().get(i), evaluator.value(with.values().get(i), scope), inner);
    }
    rendering.enter();
    Flow flow = run(with.body().statements(), inner);
    rendering.leave();
    return flow;
  }

  private void assign(Statement.Target target, Object value, Scope scope) {
    if (target instanceof Statement.Target.Variable variable) {
      scope.set(variable.name(), value);
    } else if (target instanceof Statement.Target.Member member) {
      assign(member, value, scope);
    } else {
      List<Statement.Target> targets = ((Statement.Target.Several) target).targets();
      List<Object> values = Iteration.items(value);
      if (values.size() != targets.size()) {
        throw EvaluationFailure.of(values.size() + " values to unpack, expected " + targets.size());
      }
      for (int i = 0; i < targets.size(); i++) {
        assign(targets.get(i), values.get(i), scope);
      }
    }
  }

  private void assign(Statement.Target.Member member, Object value, Scope scope) {
    if (!(evaluator.value(new Expression.Name(member.namespace(), rendering.line()), scope)
        instanceof Types.Namespace namespace)) {
      throw EvaluationFailure.of("cannot assign attribute on non-namespace object");
    }
    if (member.name().startsWith("_")) {
      throw EvaluationFailure.of(
          "Chat templates cannot store underscore-prefixed attributes on a namespace, but got '"
              + member.name()
              + "'. Please rename the attribute.");
    }
    namespace.values().put(member.name(), value);
  }

  private Flow run(Statement.For loop, Object over, int depth, Scope scope) {
    Types.Function recursion =
        loop.recursive()
            ? arguments ->
                rendering.aside(
                    () -> run(loop, arguments.bindPositional("loop", 1, 1)[0], depth + 1, scope))
            : null;
    Iterator<Object> items = Iteration.iterator(over);
    LoopVariable variable =
        new LoopVariable(
            loop.test() == null ? items : selected(loop, items, scope), depth, recursion);
    if (!variable.hasNext()) {
      return run(loop.otherwise().statements(), rendering.scope(scope, loop.otherwise()));
    }
    rendering.enter();
    while (variable.hasNext()) {
      rendering.step(loop.line());
      Scope inner = rendering.scope(scope, loop.body());
      assign(loop.target(), variable.next(), inner);
      inner.set("loop", variable);
      if (run(loop.body().statements(), inner) == Flow.BREAK) {
        break;
      }
    }
    rendering.leave();
    return Flow.ON;
  }

  /** The items that a loop's test holds for; each is tested when it is come to. */
  private Iterator<Object> selected(Statement.For loop, Iterator<Object> items, Scope scope) {
    return new Iterator<>() {
      private Object next;

      @Override
      public boolean hasNext() {
        while (next == null && items.hasNext()) {
          Object item = items.next();
          Scope inner = new Scope(scope, Set.of());
          assign(loop.target(), item, inner);
          if (Equality.isTrue(evaluator.value(loop.test(), inner))) {
            next = item;
          }
        }
        return next != null;
      }

      @Override
      public Object next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        Object item = next;
        next = null;
        return item;
      }
    };
  }

  private void call(Statement.CallBlock block, Scope scope) {
    Object caller = macro("caller", block.signature(), block.body(), scope);
    Object function = evaluator.value(block.call().function(), scope);
    Arguments arguments = evaluator.given(block.call().given(), scope);
    Map<String, Object> named = new LinkedHashMap<>(arguments.named());
    named.put("caller", caller);
    Object result = evaluator.call(function, new Arguments(arguments.positional(), named));
    rendering.print(text(result));
  }

  /** A macro: sees the names around it as they are when it is called. */
  private Types.Function macro(
      String name, Statement.Signature signature, Statement.Body body, Scope scope) {
    boolean more = Names.reads(body.statements(), "varargs");
    boolean moreNamed = Names.reads(body.statements(), "kwargs");
    boolean takesCaller =
        Names.reads(body.statements(), "caller") && !signature.parameters().contains("caller");
    return arguments -> {
      Scope inner = rendering.scope(scope, body);
      Arguments given = arguments;
      if (takesCaller) {
        Object caller = arguments.named().get("caller");
        inner.set("caller", caller == null ? new Undefined("No caller defined") : caller);
        given = arguments.without("caller");
      }
      bind(name, signature, given, inner, more, moreNamed);
      return rendering.aside(() -> run(body.statements(), inner));
    };
  }

  private void bind(
      String macro,
      Statement.Signature signature,
      Arguments given,
      Scope inner,
      boolean more,
      boolean moreNamed) {
    List<String> names = signature.parameters();
    List<Object> positional = given.positional();
    DictValue others = new DictValue();
    given
        .named()
        .forEach(
            (name, value) -> {
              int place = names.indexOf(name);
              if (place >= 0 && place < positional.size()) {
                throw EvaluationFailure.of("macro '" + macro + "' got '" + name + "' twice");
              }
              if (place < 0) {
                others.put(name, value);
              }
            });
    if (positional.size() > names.size() && !more) {
      throw EvaluationFailure.of(
          "macro '" + macro + "' takes not more than " + names.size() + " argument(s)");
    }
    if (others.size() > 0 && !moreNamed) {
      throw EvaluationFailure.of(
          "macro '" + macro + "' takes no keyword argument " + Printing.repr(others.keys().get(0)));
    }
    inner.set("kwargs", others);
    inner.set(
        "varargs",
        new Sequence.TupleValue(
            new ArrayList<>(
                positional.subList(Math.min(names.size(), positional.size()), positional.size()))));
    int firstDefault = names.size() - signature.defaults().size();
    for (int i = 0; i < names.size(); i++) {
      Object value = i < positional.size() ? positional.get(i) : given.named().get(names.get(i));
      if (value == null) {
        value =
            i < firstDefault
                ? new Undefined("parameter '" + names.get(i) + "' was not provided")
                : evaluator.value(signature.defaults().get(i - firstDefault), inner);
      }
      inner.set(names.get(i), value);
    }
  }
}
