package dev.sotto.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Reads a template's statements, all of them before anything is rendered. */
final class Parser {
  /** Tags of Jinja that need a loader of templates, or that no chat template has. */
  private static final Set<String> UNSUPPORTED =
      Set.of("autoescape", "block", "extends", "from", "import", "include");

  private final TokenStream tokens;
  private final ExpressionParser expressions;
  private final int deepest;
  private int depth;
  private int loops;

  private Parser(TokenStream tokens, int deepest) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens, deepest);
    this.deepest = deepest;
  }

  /**
   * @param deepest most blocks, and most expressions, inside each other
   * @throws TemplateException if it is not well formed
   */
  static Statement.Body parse(String template, int deepest) {
    Parser parser = new Parser(new TokenStream(Lexer.tokens(template)), deepest);
    return new Statement.Body(parser.statements("", Set.of()));
  }

  /** Up to one of the names that end a block, which becomes the current token. */
  private List<Statement> statements(String block, Set<String> ends) {
    if (++depth > deepest) {
      throw tokens.error("more than " + deepest + " blocks inside each other");
    }
    List<Statement> statements = new ArrayList<>();
    while (!tokens.current().is(Token.Kind.END)) {
      Token token = tokens.take();
      switch (token.kind()) {
        case DATA -> statements.add(new Statement.Data(token.text(), token.line()));
        case VARIABLE_BEGIN -> {
          Expression value = expressions.tuple();
          statements.add(new Statement.Print(List.of(value), token.line()));
          tokens.expect(Token.Kind.VARIABLE_END);
        }
        default -> {
          if (tokens.current().is(Token.Kind.NAME) && ends.contains(tokens.current().text())) {
            depth--;
            return statements;
          }
          statements.add(statement());
          tokens.expect(Token.Kind.BLOCK_END);
        }
      }
    }
    if (!ends.isEmpty()) {
      throw tokens.error(
          "Unexpected end of template. Jinja was looking for one of the tags "
              + String.join(", ", new TreeSet<>(ends))
              + ". The innermost block that needs to be closed is '"
              + block
              + "'.");
    }
    depth--;
    return statements;
  }

  /** The body of a block up to its end, whose name is taken. */
  private Statement.Body body(String block, String end) {
    tokens.expect(Token.Kind.BLOCK_END);
    Statement.Body body = new Statement.Body(statements(block, Set.of(end)));
    tokens.take();
    return body;
  }

  /** The same with functions of their own, from inside of which no loop can be left. */
  private Statement.Body closedBody(String block, String end) {
    int outside = loops;
    loops = 0;
    Statement.Body body = body(block, end);
    loops = outside;
    return body;
  }

  private Statement statement() {
    Token tag = tokens.expect(Token.Kind.NAME);
    return switch (tag.text()) {
      case "if" -> condition(tag, false);
      case "for" -> loop(tag);
      case "set" -> assignment(tag);
      case "macro" -> macro(tag);
      case "call" -> call(tag);
      case "filter" ->
          new Statement.FilterBlock(
              filterChain(expressions.filter(null)), closedBody("filter", "endfilter"), tag.line());
      case "with" -> with(tag);
      case "generation" ->
          new Statement.Generation(closedBody("generation", "endgeneration"), tag.line());
      case "print" -> print(tag);
      case "break" -> {
        requireLoop(tag);
        yield new Statement.Break(tag.line());
      }
      case "continue" -> {
        requireLoop(tag);
        yield new Statement.Continue(tag.line());
      }
      default -> throw unknown(tag);
    };
  }

  private TemplateException unknown(Token tag) {
    String reason =
        UNSUPPORTED.contains(tag.text())
            ? "the tag '" + tag.text() + "' is not supported"
            : "Encountered unknown tag '" + tag.text() + "'.";
    return new TemplateException(TemplateException.Cause.SYNTAX, reason, tag.line());
  }

  private void requireLoop(Token tag) {
    if (loops == 0) {
      throw new TemplateException(
          TemplateException.Cause.SYNTAX, "'" + tag.text() + "' outside loop", tag.line());
    }
  }

  private Statement.If condition(Token tag, boolean isElif) {
    Expression test = expressions.tuple(false, false, "");
    tokens.expect(Token.Kind.BLOCK_END);
    List<Statement> then = statements("if", Set.of("elif", "else", "endif"));
    Token end = tokens.take();
    List<Statement> otherwise = List.of();
    if (end.text().equals("elif")) {
      otherwise = List.of(condition(end, true));
    } else if (end.text().equals("else")) {
      tokens.expect(Token.Kind.BLOCK_END);
      otherwise = statements("if", Set.of("endif"));
      tokens.take();
    }
    return new Statement.If(test, List.copyOf(then), List.copyOf(otherwise), isElif, tag.line());
  }

  private Statement loop(Token tag) {
    Statement.Target target = target("in", false);
    if (!tokens.skipName("in")) {
      throw tokens.error("expected 'in', got " + tokens.current().words());
    }
    Expression over = expressions.tuple(false, false, "recursive");
    Expression test = tokens.skipName("if") ? expressions.expression() : null;
    boolean recursive = tokens.skipName("recursive");
    tokens.expect(Token.Kind.BLOCK_END);
    loops++;
    Statement.Body body = new Statement.Body(statements("for", Set.of("else", "endfor")));
    loops--;
    Statement.Body otherwise = new Statement.Body(List.of());
    if (tokens.take().text().equals("else")) {
      otherwise = body("for", "endfor");
    }
    return new Statement.For(target, over, test, recursive, body, otherwise, tag.line());
  }

  private Statement assignment(Token tag) {
    Statement.Target target = target("", true);
    if (tokens.skipOperator("=")) {
      return new Statement.Set(target, expressions.tuple(), tag.line());
    }
    Expression.Filter filter = null;
    if (tokens.skipOperator("|")) {
      filter = filterChain(expressions.filter(null));
    }
    return new Statement.SetBlock(target, filter, closedBody("set", "endset"), tag.line());
  }

  private Expression.Filter filterChain(Expression.Filter first) {
    return (Expression.Filter) expressions.filters(first);
  }

  private Statement print(Token tag) {
    List<Expression> values = new ArrayList<>();
    while (!tokens.current().is(Token.Kind.BLOCK_END)) {
      if (!values.isEmpty()) {
        tokens.expectOperator(",");
      }
      values.add(expressions.expression());
    }
    return new Statement.Print(values, tag.line());
  }

  private Statement with(Token tag) {
    List<Statement.Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.current().is(Token.Kind.BLOCK_END)) {
      if (!targets.isEmpty()) {
        tokens.expectOperator(",");
      }
      targets.add(target("", false));
      tokens.expectOperator("=");
      values.add(expressions.expression());
    }
    return new Statement.With(targets, values, body("with", "endwith"), tag.line());
  }

  private Statement macro(Token tag) {
    String name = nameToAssign();
    Statement.Signature signature = signature();
    return new Statement.Macro(name, signature, closedBody("macro", "endmacro"), tag.line());
  }

  private Statement call(Token tag) {
    Statement.Signature signature =
        tokens.current().isOperator("(") ? signature() : Statement.Signature.EMPTY;
    if (!(expressions.expression() instanceof Expression.Call call)) {
      throw tokens.error("expected call");
    }
    return new Statement.CallBlock(call, signature, closedBody("call", "endcall"), tag.line());
  }

  private Statement.Signature signature() {
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    tokens.expectOperator("(");
    while (!tokens.current().isOperator(")")) {
      if (!parameters.isEmpty()) {
        tokens.expectOperator(",");
      }
      parameters.add(nameToAssign());
      if (tokens.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw tokens.error("non-default argument follows default argument");
      }
    }
    tokens.expectOperator(")");
    return new Statement.Signature(parameters, defaults);
  }

  private String nameToAssign() {
    Token name = tokens.expect(Token.Kind.NAME);
    if (Set.of("true", "false", "none", "True", "False", "None").contains(name.text())) {
      throw tokens.error("can't assign to '" + name.text() + "'");
    }
    return name.text();
  }

  /**
   * What is assigned to: a name, or several with commas.
   *
   * @param end a name that ends it, or nothing
   * @param members whether a namespace's member may be assigned to
   */
  private Statement.Target target(String end, boolean members) {
    List<Statement.Target> targets = new ArrayList<>();
    boolean comma = false;
    while (!isTargetEnd(end)) {
      targets.add(oneTarget(end, members));
      if (!tokens.skipOperator(",")) {
        break;
      }
      comma = true;
    }
    if (targets.isEmpty()) {
      throw tokens.error("expected a name to assign to, got " + tokens.current().words());
    }
    return comma ? new Statement.Target.Several(targets) : targets.get(0);
  }

  private boolean isTargetEnd(String end) {
    Token token = tokens.current();
    return token.is(Token.Kind.BLOCK_END) || token.isOperator(")") || token.isName(end);
  }

  private Statement.Target oneTarget(String end, boolean members) {
    if (tokens.skipOperator("(")) {
      Statement.Target inner = target(end, members);
      tokens.expectOperator(")");
      return inner;
    }
    if (members && tokens.ahead().isOperator(".")) {
      String namespace = tokens.expect(Token.Kind.NAME).text();
      tokens.take();
      return new Statement.Target.Member(namespace, tokens.expect(Token.Kind.NAME).text());
    }
    return new Statement.Target.Variable(nameToAssign());
  }
}
