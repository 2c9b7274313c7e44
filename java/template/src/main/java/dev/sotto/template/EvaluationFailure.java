package dev.sotto.template;

/** An operation that fails on its values; whoever knows the template's line adds it. */
final class EvaluationFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final TemplateException.Cause kind;

  private EvaluationFailure(TemplateException.Cause kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  /** Python would raise an error. */
  static EvaluationFailure of(String message) {
    return new EvaluationFailure(TemplateException.Cause.EVALUATION, message);
  }

  /** Python could do it and this interpreter cannot: never a wrong text instead. */
  static EvaluationFailure unsupported(String what) {
    return of(what + " is not supported");
  }

  static EvaluationFailure raised(String message) {
    return new EvaluationFailure(TemplateException.Cause.RAISED, message);
  }

  static EvaluationFailure limit(String message) {
    return new EvaluationFailure(TemplateException.Cause.LIMIT, message);
  }

  TemplateException at(int line) {
    return new TemplateException(kind, getMessage(), line);
  }
}
