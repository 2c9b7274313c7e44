package dev.sotto.template;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which names a body assigns before it ever reads them. Jinja decides by the text, before it
 * renders, where a name is looked for: one that a body assigns first is the body's own from its
 * beginning, so a loop or macro inside of it that reads the name earlier finds nothing, even where
 * the template was given a value of that name.
 */
final class Symbols {
  /** How a body comes by a name. */
  private enum Origin {
    PARAMETER,
    GIVEN,
    OUTER,
    NOTHING
  }

  private final Symbols parent;
  private Map<String, Origin> names = new HashMap<>();
  private Set<String> stored = new LinkedHashSet<>();

  private Symbols(Symbols parent) {
    this.parent = parent;
  }

  /** The names of each body that are its own and hold nothing at its beginning. */
  static Map<Statement.Body, Set<String>> unassigned(Statement.Body root) {
    Map<Statement.Body, Set<String>> all = new IdentityHashMap<>();
    new Symbols(null).enter(root, Set.of(), all);
    return all;
  }

  private void enter(
      Statement.Body body, Set<String> parameters, Map<Statement.Body, Set<String>> all) {
    enter(body, parameters, List.of(), all);
  }

  private void enter(
      Statement.Body body,
      Set<String> parameters,
      List<Expression> defaults,
      Map<Statement.Body, Set<String>> all) {
    for (String parameter : parameters) {
      stored.add(parameter);
      names.put(parameter, Origin.PARAMETER);
    }
    defaults.forEach(this::read);
    body.statements().forEach(this::visit);
    Set<String> nothing = new LinkedHashSet<>();
    names.forEach(
        (name, origin) -> {
          if (origin == Origin.NOTHING) {
            nothing.add(name);
          }
        });
    all.put(body, nothing);
    body.statements().forEach(statement -> inner(statement, all));
  }

  private boolean isKnown(String name) {
    for (Symbols scope = this; scope != null; scope = scope.parent) {
      if (scope.names.containsKey(name)) {
        return true;
      }
    }
    return false;
  }

  private void load(String name) {
    if (!isKnown(name)) {
      names.put(name, Origin.GIVEN);
    }
  }

  private void store(String name) {
    stored.add(name);
    if (!names.containsKey(name)) {
      boolean outer = parent != null && parent.isKnown(name);
      names.put(name, outer ? Origin.OUTER : Origin.NOTHING);
    }
  }

  private void store(Statement.Target target) {
    if (target instanceof Statement.Target.Variable variable) {
      store(variable.name());
    } else if (target instanceof Statement.Target.Member member) {
      load(member.namespace());
    } else {
      ((Statement.Target.Several) target).targets().forEach(this::store);
    }
  }

  private void read(Expression expression) {
    Names.each(expression, this::load);
  }

  /** What a statement does in this body; bodies inside of it have their own. */
  private void visit(Statement statement) {
    if (statement instanceof Statement.Print print) {
      print.values().forEach(this::read);
    } else if (statement instanceof Statement.If condition) {
      visitIf(condition);
    } else if (statement instanceof Statement.For loop) {
      read(loop.over());
    } else if (statement instanceof Statement.Set set) {
      read(set.value());
      store(set.target());
    } else if (statement instanceof Statement.SetBlock set) {
      store(set.target());
    } else if (statement instanceof Statement.Macro macro) {
      store(macro.name());
    } else if (statement instanceof Statement.CallBlock call) {
      read(call.call());
    } else if (statement instanceof Statement.FilterBlock filter) {
      read(filter.filter());
    } else if (statement instanceof Statement.With with) {
      with.values().forEach(this::read);
    }
  }

  /** What only some of the branches assign may come from outside; with all three it does not. */
  private void visitIf(Statement.If condition) {
    read(condition.test());
    boolean elif = condition.hasElif();
    // Jinja counts the body, the elifs together, and the else.
    Statement last = condition;
    while (last instanceof Statement.If each && each.hasElif()) {
      last = each.otherwise().get(0);
    }
    Symbols then = branch(condition.then());
    Symbols elifs = elif ? elifBranch(condition) : branch(List.of());
    Symbols otherwise = branch(((Statement.If) last).otherwise());
    List<Symbols> branches = List.of(then, elifs, otherwise);
    Map<String, Integer> counts = new HashMap<>();
    for (Symbols branch : branches) {
      for (String name : branch.stored) {
        if (!stored.contains(name)) {
          counts.merge(name, 1, Integer::sum);
        }
      }
    }
    for (Symbols branch : branches) {
      names.putAll(branch.names);
      stored.addAll(branch.stored);
    }
    counts.forEach(
        (name, count) -> {
          if (count < branches.size()) {
            boolean outer = parent != null && parent.isKnown(name);
            names.put(name, outer ? Origin.OUTER : Origin.GIVEN);
          }
        });
  }

  private Symbols copy() {
    Symbols copy = new Symbols(parent);
    copy.names = new HashMap<>(names);
    copy.stored = new LinkedHashSet<>(stored);
    return copy;
  }

  private Symbols branch(List<Statement> statements) {
    Symbols branch = copy();
    statements.forEach(branch::visit);
    return branch;
  }

  /** All elifs of an if, one after the other, each as an if without what follows it. */
  private Symbols elifBranch(Statement.If condition) {
    Symbols branch = copy();
    Statement.If each = condition;
    while (each.hasElif()) {
      each = (Statement.If) each.otherwise().get(0);
      branch.visitIf(new Statement.If(each.test(), each.then(), List.of(), true, each.line()));
    }
    return branch;
  }

  /** The bodies inside of a statement, each with what it takes as parameters. */
  private void inner(Statement statement, Map<Statement.Body, Set<String>> all) {
    if (statement instanceof Statement.If condition) {
      condition.then().forEach(each -> inner(each, all));
      condition.otherwise().forEach(each -> inner(each, all));
    } else if (statement instanceof Statement.For loop) {
      Set<String> parameters = new LinkedHashSet<>(Names.of(loop.target()));
      parameters.add("loop");
      new Symbols(this).enter(loop.body(), parameters, all);
      new Symbols(this).enter(loop.otherwise(), Set.of(), all);
    } else if (statement instanceof Statement.SetBlock set) {
      new Symbols(this).enter(set.body(), Set.of(), all);
    } else if (statement instanceof Statement.Macro macro) {
      enterCallable(macro.body(), macro.signature(), all);
    } else if (statement instanceof Statement.CallBlock call) {
      enterCallable(call.body(), call.signature(), all);
    } else if (statement instanceof Statement.FilterBlock filter) {
      new Symbols(this).enter(filter.body(), Set.of(), all);
    } else if (statement instanceof Statement.Generation generation) {
      enterCallable(generation.body(), Statement.Signature.EMPTY, all);
    } else if (statement instanceof Statement.With with) {
      Set<String> parameters = new LinkedHashSet<>();
      with.targets().forEach(target -> parameters.addAll(Names.of(target)));
      new Symbols(this).enter(with.body(), parameters, all);
    }
  }

  private void enterCallable(
      Statement.Body body, Statement.Signature signature, Map<Statement.Body, Set<String>> all) {
    Set<String> parameters = new LinkedHashSet<>(signature.parameters());
    parameters.addAll(List.of("caller", "kwargs", "varargs"));
    new Symbols(this).enter(body, parameters, signature.defaults(), all);
  }
}
