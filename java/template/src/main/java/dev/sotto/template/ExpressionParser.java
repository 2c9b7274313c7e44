package dev.sotto.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads expressions in Jinja's order of binding, from the loosest: {@code if else}, {@code or},
 * {@code and}, {@code not}, comparisons, {@code + -}, {@code ~}, {@code * / // %}, {@code **},
 * signs, then members, calls, filters and tests.
 */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final TokenStream tokens;
  private final ArgumentParser arguments;
  private final int deepest;
  private int depth;

  /**
   * @param deepest most expressions inside each other
   */
  ExpressionParser(TokenStream tokens, int deepest) {
    this.tokens = tokens;
    this.arguments = new ArgumentParser(tokens, this);
    this.deepest = deepest;
  }

  /** One expression. */
  Expression expression() {
    if (++depth > deepest) {
      throw tokens.error("more than " + deepest + " expressions inside each other");
    }
    Expression expression = conditional();
    depth--;
    return expression;
  }

  /** An expression, or several with commas between them. */
  Expression tuple() {
    return tuple(true, false, "");
  }

  /**
   * @param conditional whether an {@code if} belongs to it
   * @param empty whether there may be nothing, as in {@code ()}
   * @param end a name that ends it, or nothing
   */
  Expression tuple(boolean conditional, boolean empty, String end) {
    int line = tokens.line();
    List<Expression> items = new ArrayList<>();
    boolean comma = false;
    while (!isTupleEnd(end)) {
      items.add(conditional ? expression() : or());
      if (!tokens.skipOperator(",")) {
        break;
      }
      comma = true;
    }
    if (!comma && items.size() == 1) {
      return items.get(0);
    }
    if (items.isEmpty() && !empty) {
      throw tokens.error("Expected an expression, got " + tokens.current().words());
    }
    return new Expression.TupleOf(items, line);
  }

  private boolean isTupleEnd(String end) {
    Token token = tokens.current();
    return token.is(Token.Kind.VARIABLE_END)
        || token.is(Token.Kind.BLOCK_END)
        || token.isOperator(")")
        || token.isName(end);
  }

  private Expression conditional() {
    Expression value = or();
    while (tokens.current().isName("if")) {
      int line = tokens.take().line();
      Expression test = or();
      Expression otherwise = tokens.skipName("else") ? expression() : null;
      value = new Expression.Conditional(test, value, otherwise, line);
    }
    return value;
  }

  private Expression or() {
    Expression left = and();
    while (tokens.current().isName("or")) {
      int line = tokens.take().line();
      left = new Expression.Either(left, and(), line);
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.current().isName("and")) {
      int line = tokens.take().line();
      left = new Expression.Both(left, not(), line);
    }
    return left;
  }

  private Expression not() {
    int nots = 0;
    int line = tokens.line();
    while (tokens.skipName("not")) {
      nots++;
    }
    Expression value = comparison();
    for (int i = 0; i < nots; i++) {
      value = new Expression.Unary("not", value, line);
    }
    return value;
  }

  private Expression comparison() {
    int line = tokens.line();
    Expression first = sum();
    List<Expression.Compared> rest = new ArrayList<>();
    while (true) {
      Token token = tokens.current();
      if (token.is(Token.Kind.OPERATOR) && COMPARISONS.contains(token.text())) {
        tokens.take();
        rest.add(new Expression.Compared(token.text(), sum()));
      } else if (tokens.skipName("in")) {
        rest.add(new Expression.Compared("in", sum()));
      } else if (token.isName("not") && tokens.ahead().isName("in")) {
        tokens.take();
        tokens.take();
        rest.add(new Expression.Compared("not in", sum()));
      } else {
        return rest.isEmpty() ? first : new Expression.Comparison(first, rest, line);
      }
    }
  }

  private Expression sum() {
    Expression left = joined();
    while (tokens.current().isOperator("+") || tokens.current().isOperator("-")) {
      Token operator = tokens.take();
      left = new Expression.Binary(operator.text(), left, joined(), operator.line());
    }
    return left;
  }

  private Expression joined() {
    int line = tokens.line();
    Expression first = product();
    if (!tokens.current().isOperator("~")) {
      return first;
    }
    List<Expression> parts = new ArrayList<>(List.of(first));
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return new Expression.Joined(parts, line);
  }

  private Expression product() {
    Expression left = power();
    while (Set.of("*", "/", "//", "%").contains(tokens.current().text())
        && tokens.current().is(Token.Kind.OPERATOR)) {
      Token operator = tokens.take();
      left = new Expression.Binary(operator.text(), left, power(), operator.line());
    }
    return left;
  }

  private Expression power() {
    Expression left = signed(true);
    while (tokens.current().isOperator("**")) {
      int line = tokens.take().line();
      left = new Expression.Binary("**", left, signed(true), line);
    }
    return left;
  }

  private Expression signed(boolean filtered) {
    Expression value;
    Token token = tokens.current();
    if (token.isOperator("-") || token.isOperator("+")) {
      if (++depth > deepest) {
        throw tokens.error("more than " + deepest + " expressions inside each other");
      }
      tokens.take();
      value = new Expression.Unary(token.text(), signed(false), token.line());
      depth--;
    } else {
      value = primary();
    }
    value = postfix(value);
    return filtered ? filtersAndTests(value) : value;
  }

  /** A constant, a name, or something in brackets. */
  Expression primary() {
    Token token = tokens.current();
    switch (token.kind()) {
      case NAME -> {
        tokens.take();
        return switch (token.text()) {
          case "true", "True" -> new Expression.Constant(true, token.line());
          case "false", "False" -> new Expression.Constant(false, token.line());
          case "none", "None" -> new Expression.Constant(None.NONE, token.line());
          default -> new Expression.Name(token.text(), token.line());
        };
      }
      case STRING -> {
        StringBuilder text = new StringBuilder();
        while (tokens.current().is(Token.Kind.STRING)) {
          text.append(tokens.take().text());
        }
        return new Expression.Constant(text.toString(), token.line());
      }
      case INTEGER -> {
        tokens.take();
        return new Expression.Constant(integer(token.text()), token.line());
      }
      case FLOAT -> {
        tokens.take();
        return new Expression.Constant(Double.valueOf(token.text().replace("_", "")), token.line());
      }
      case OPERATOR -> {
        return bracketed();
      }
      default -> throw tokens.error("unexpected " + token.words());
    }
  }

  private static BigInteger integer(String text) {
    String digits = text.replace("_", "");
    String prefix = digits.length() < 2 ? "" : digits.substring(0, 2).toLowerCase(Locale.ROOT);
    return switch (prefix) {
      case "0b" -> new BigInteger(digits.substring(2), 2);
      case "0o" -> new BigInteger(digits.substring(2), 8);
      case "0x" -> new BigInteger(digits.substring(2), 16);
      default -> new BigInteger(digits);
    };
  }

  private Expression bracketed() {
    Token token = tokens.current();
    if (tokens.skipOperator("(")) {
      Expression tuple = tuple(true, true, "");
      tokens.expectOperator(")");
      return tuple;
    }
    if (tokens.skipOperator("[")) {
      List<Expression> items = new ArrayList<>();
      while (!tokens.current().isOperator("]")) {
        items.add(expression());
        if (!tokens.skipOperator(",")) {
          break;
        }
      }
      tokens.expectOperator("]");
      return new Expression.ListOf(items, token.line());
    }
    if (tokens.skipOperator("{")) {
      List<Map.Entry<Expression, Expression>> entries = new ArrayList<>();
      while (!tokens.current().isOperator("}")) {
        Expression key = expression();
        tokens.expectOperator(":");
        entries.add(Map.entry(key, expression()));
        if (!tokens.skipOperator(",")) {
          break;
        }
      }
      tokens.expectOperator("}");
      return new Expression.DictOf(entries, token.line());
    }
    throw tokens.error("unexpected " + token.words());
  }

  /** Members and calls behind a value. */
  private Expression postfix(Expression value) {
    Expression result = value;
    while (true) {
      Token token = tokens.current();
      if (token.isOperator(".") || token.isOperator("[")) {
        result = member(result);
      } else if (token.isOperator("(")) {
        result = new Expression.Call(result, arguments.given(), token.line());
      } else {
        return result;
      }
    }
  }

  private Expression filtersAndTests(Expression value) {
    Expression result = value;
    while (true) {
      Token token = tokens.current();
      if (token.isOperator("|")) {
        result = filters(result);
      } else if (token.isName("is")) {
        result = test(result);
      } else if (token.isOperator("(")) {
        result = new Expression.Call(result, arguments.given(), token.line());
      } else {
        return result;
      }
    }
  }

  private Expression member(Expression of) {
    Token token = tokens.take();
    if (token.text().equals(".")) {
      Token name = tokens.take();
      if (name.is(Token.Kind.NAME)) {
        return new Expression.Attribute(of, name.text(), token.line());
      }
      if (!name.is(Token.Kind.INTEGER)) {
        throw tokens.error("expected name or number, got " + name.words());
      }
      Expression key = new Expression.Constant(integer(name.text()), name.line());
      return new Expression.Item(of, key, token.line());
    }
    List<Expression> keys = new ArrayList<>();
    while (!tokens.current().isOperator("]")) {
      if (!keys.isEmpty()) {
        tokens.expectOperator(",");
      }
      keys.add(arguments.key());
    }
    tokens.expectOperator("]");
    Expression key = keys.size() == 1 ? keys.get(0) : new Expression.TupleOf(keys, token.line());
    return new Expression.Item(of, key, token.line());
  }

  /** Filters behind a value, the current token being the first bar. */
  Expression filters(Expression value) {
    Expression result = value;
    while (tokens.skipOperator("|")) {
      result = filter(result);
    }
    return result;
  }

  /** One filter, the current token being its name. */
  Expression.Filter filter(Expression value) {
    int line = tokens.line();
    String name = dottedName();
    Expression.Given given =
        tokens.current().isOperator("(") ? arguments.given() : Expression.Given.NOTHING;
    return new Expression.Filter(value, name, given, line);
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(tokens.expect(Token.Kind.NAME).text());
    while (tokens.skipOperator(".")) {
      name.append('.').append(tokens.expect(Token.Kind.NAME).text());
    }
    return name.toString();
  }

  private Expression test(Expression value) {
    int line = tokens.take().line();
    boolean negated = tokens.skipName("not");
    String name = dottedName();
    Expression.Given given = Expression.Given.NOTHING;
    Token next = tokens.current();
    if (next.isOperator("(")) {
      given = arguments.given();
    } else if (beginsArgument(next)) {
      if (next.isName("is")) {
        throw tokens.error("You cannot chain multiple tests with is");
      }
      given = new Expression.Given(List.of(postfix(primary())), List.of(), null, null);
    }
    Expression test = new Expression.Test(value, name, given, line);
    return negated ? new Expression.Unary("not", test, line) : test;
  }

  private static boolean beginsArgument(Token token) {
    return switch (token.kind()) {
      case NAME -> !Set.of("else", "or", "and").contains(token.text());
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> Set.of("(", "[", "{").contains(token.text());
      default -> false;
    };
  }
}
