package dev.sotto.template;

import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * A Jinja template, rendered as HuggingFace renders chat templates: the same characters as Python's
 * jinja2 3.1 in its immutable sandbox with {@code trim_blocks}, {@code lstrip_blocks}, {@code
 * break} and {@code continue}, {@code {% generation %}}, and the functions {@code raise_exception}
 * and {@code strftime_now}. Where this interpreter has not what Python has, it fails; it never
 * prints something else.
 *
 * <pre>{@code
 * Template template = Template.parse("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}");
 * String prompt = template.render(Map.of("messages", messages), LocalDateTime.now()).text();
 * }</pre>
 *
 * <p>A template is immutable and may be rendered by several threads at once. It reaches nothing but
 * the values it is given: no Java object, file or clock.
 */
public final class Template {
  private final Statement.Body root;
  private final Map<Statement.Body, Set<String>> unassigned;
  private final Limits limits;

  private Template(Statement.Body root, Limits limits) {
    this.root = root;
    this.unassigned = Symbols.unassigned(root);
    this.limits = limits;
  }

  /**
   * Reads a whole template.
   *
   * @throws TemplateException if it is not well formed
   */
  public static Template parse(String source) {
    return parse(source, Limits.DEFAULT);
  }

  /**
   * Reads a whole template, held to limits of your own.
   *
   * @throws TemplateException if it is not well formed, or deeper than the limits allow
   */
  public static Template parse(String source, Limits limits) {
    try {
      return new Template(Parser.parse(source, limits.depth()), limits);
    } catch (StackOverflowError tooDeep) {
      throw new TemplateException(
          TemplateException.Cause.LIMIT, "expressions too deep inside each other", 1);
    }
  }

  /**
   * Renders it.
   *
   * @param values what it sees by name: texts, numbers, booleans, null for None, lists and maps of
   *     texts to such values; the order of a map is kept
   * @param now the clock that {@code strftime_now} tells
   * @throws TemplateException if it refuses the values, an operation fails on them, or a limit is
   *     reached
   * @throws IllegalArgumentException if a value is of another type
   */
  public Rendered render(Map<String, ?> values, LocalDateTime now) {
    Map<String, Object> given = new HashMap<>();
    values.forEach((name, value) -> given.put(name, Given.of(value, limits.depth())));
    Rendering rendering = new Rendering(limits, now, given, unassigned);
    try {
      new Renderer(rendering).render(root);
      return rendering.rendered();
    } catch (EvaluationFailure failure) {
      throw failure.at(rendering.line());
    } catch (StackOverflowError tooDeep) {
      throw EvaluationFailure.limit("too much inside each other").at(rendering.line());
    }
  }
}
