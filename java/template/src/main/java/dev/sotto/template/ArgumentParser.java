package dev.sotto.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads what a call is given, and keys with slices. */
final class ArgumentParser {
  private final TokenStream tokens;
  private final ExpressionParser expressions;

  ArgumentParser(TokenStream tokens, ExpressionParser expressions) {
    this.tokens = tokens;
    this.expressions = expressions;
  }

  /** A key, or {@code start:stop:step}. */
  Expression key() {
    int line = tokens.line();
    Expression start = null;
    if (!tokens.current().isOperator(":")) {
      start = expressions.expression();
      if (!tokens.current().isOperator(":")) {
        return start;
      }
    }
    tokens.expectOperator(":");
    Expression none = new Expression.Constant(None.NONE, line);
    Expression stop = none;
    Expression step = none;
    if (!isSliceEnd() && !tokens.current().isOperator(":")) {
      stop = expressions.expression();
    }
    if (tokens.skipOperator(":") && !isSliceEnd()) {
      step = expressions.expression();
    }
    return new Expression.Slice(start == null ? none : start, stop, step, line);
  }

  private boolean isSliceEnd() {
    return tokens.current().isOperator("]") || tokens.current().isOperator(",");
  }

  /** What stands between the parentheses of a call. */
  Expression.Given given() {
    tokens.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    List<Map.Entry<String, Expression>> named = new ArrayList<>();
    Expression more = null;
    Expression moreNamed = null;
    while (!tokens.current().isOperator(")")) {
      if (tokens.skipOperator("*")) {
        requireOrder(more == null && moreNamed == null);
        more = expressions.expression();
      } else if (tokens.skipOperator("**")) {
        requireOrder(moreNamed == null);
        moreNamed = expressions.expression();
      } else if (tokens.current().is(Token.Kind.NAME) && tokens.ahead().isOperator("=")) {
        requireOrder(moreNamed == null);
        String name = tokens.take().text();
        tokens.take();
        named.add(Map.entry(name, expressions.expression()));
      } else {
        requireOrder(more == null && moreNamed == null && named.isEmpty());
        positional.add(expressions.expression());
      }
      if (!tokens.skipOperator(",")) {
        break;
      }
    }
    tokens.expectOperator(")");
    return new Expression.Given(positional, named, more, moreNamed);
  }

  private void requireOrder(boolean inOrder) {
    if (!inOrder) {
      throw tokens.error("invalid syntax for function call expression");
    }
  }
}
