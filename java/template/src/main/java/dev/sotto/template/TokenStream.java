package dev.sotto.template;

import java.util.List;

/** Tokens, one after the other. */
final class TokenStream {
  private final List<Token> tokens;
  private int place;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(place);
  }

  /** The one behind the current. */
  Token ahead() {
    return tokens.get(Math.min(place + 1, tokens.size() - 1));
  }

  /** The current one; the next becomes current. */
  Token take() {
    Token token = current();
    if (place < tokens.size() - 1) {
      place++;
    }
    return token;
  }

  int line() {
    return current().line();
  }

  boolean skipOperator(String operator) {
    boolean there = current().isOperator(operator);
    if (there) {
      take();
    }
    return there;
  }

  boolean skipName(String name) {
    boolean there = current().isName(name);
    if (there) {
      take();
    }
    return there;
  }

  Token expect(Token.Kind kind) {
    if (!current().is(kind)) {
      throw error(
          "expected "
              + new Token(kind, kind == Token.Kind.NAME ? "name" : "", 0).words()
              + ", got "
              + current().words());
    }
    return take();
  }

  void expectOperator(String operator) {
    if (!current().isOperator(operator)) {
      throw error("expected '" + operator + "', got " + current().words());
    }
    take();
  }

  TemplateException error(String reason) {
    return new TemplateException(TemplateException.Cause.SYNTAX, reason, line());
  }
}
