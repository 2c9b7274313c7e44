package dev.sotto.template;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What one rendering holds: its limits, its clock, what it was given, what it printed. */
final class Rendering {
  private final Limits limits;
  private final LocalDateTime now;
  private final Map<String, Object> given;
  private final Map<Statement.Body, Set<String>> unassigned;
  private final List<Rendered.Span> generated = new ArrayList<>();
  private long steps;
  private int depth;
  private int line = 1;
  private StringBuilder out = new StringBuilder();
  private boolean aside;

  Rendering(
      Limits limits,
      LocalDateTime now,
      Map<String, Object> given,
      Map<Statement.Body, Set<String>> unassigned) {
    this.limits = limits;
    this.now = now;
    this.given = given;
    this.unassigned = unassigned;
  }

  Limits limits() {
    return limits;
  }

  /** The clock that the template sees. */
  LocalDateTime now() {
    return now;
  }

  /** What the template was given by that name, or null. */
  Object given(String name) {
    return given.get(name);
  }

  Scope scope(Scope parent, Statement.Body body) {
    return new Scope(parent, unassigned.get(body));
  }

  void print(String text) {
    limits.requireCharacters((long) out.length() + text.length());
    out.append(text);
  }

  /** One more step, at a line of the template. */
  void step(int at) {
    line = at;
    if (++steps > limits.steps()) {
      throw EvaluationFailure.limit("more than " + limits.steps() + " steps");
    }
  }

  /** What goes through a value costs a step an element, or one for 64 characters. */
  void stepThrough(Object value) {
    long size = 0;
    if (value instanceof String text) {
      size = text.length() / 64;
    } else if (value instanceof Sequence sequence) {
      size = sequence.items().size();
    } else if (value instanceof Types.Range range) {
      size = range.size();
    } else if (value instanceof DictValue dict) {
      size = dict.size();
    }
    steps += size;
  }

  /** The line that was last come to. */
  int line() {
    return line;
  }

  void enter() {
    if (++depth > limits.depth()) {
      throw EvaluationFailure.limit(
          "more than " + limits.depth() + " calls and blocks inside each other");
    }
  }

  void leave() {
    depth--;
  }

  /** What a body prints, kept from the text. */
  String aside(Runnable body) {
    StringBuilder outside = out;
    boolean before = aside;
    out = new StringBuilder();
    aside = true;
    try {
      body.run();
      return out.toString();
    } finally {
      out = outside;
      aside = before;
    }
  }

  /** What a body prints into the text, which is told where. */
  void generation(Runnable body) {
    int start = out.length();
    body.run();
    if (aside) {
      throw EvaluationFailure.unsupported("a generation block inside of a macro or a set block");
    }
    generated.add(new Rendered.Span(start, out.length()));
  }

  Rendered rendered() {
    return new Rendered(out.toString(), generated);
  }
}
