package io.github.jnpu.engine.chat.jinja;

import java.util.List;

/** The tokens of a template with a place to read from. */
final class TokenStream {
    /** Deeper nesting of tags and brackets than any template has; it bounds the parser's stack. */
    private static final int MAX_NESTING = 100;

    private final List<Token> tokens;
    private int position;
    private int nesting;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    int position() {
        return position;
    }

    /** Whether this name stands between a position and the current one. */
    boolean mentions(String name, int from) {
        return tokens.subList(from, position).stream().anyMatch(token -> token.isName(name));
    }

    Token current() {
        return tokens.get(position);
    }

    Token lookAhead() {
        return tokens.get(Math.min(position + 1, tokens.size() - 1));
    }

    int line() {
        return current().line();
    }

    Token next() {
        Token token = current();
        if (token.kind() != Token.Kind.END) {
            position++;
        }
        return token;
    }

    boolean at(Token.Kind kind) {
        return current().kind() == kind;
    }

    boolean atOperator(String operator) {
        return current().isOperator(operator);
    }

    boolean atName(String name) {
        return current().isName(name);
    }

    boolean skipOperator(String operator) {
        if (atOperator(operator)) {
            next();
            return true;
        }
        return false;
    }

    boolean skipName(String name) {
        if (atName(name)) {
            next();
            return true;
        }
        return false;
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw unexpected("'" + operator + "'");
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw unexpected("'" + name + "'");
        }
    }

    Token expect(Token.Kind kind, String what) {
        if (!at(kind)) {
            throw unexpected(what);
        }
        return next();
    }

    void enter() {
        if (++nesting > MAX_NESTING) {
            throw error("nested more than " + MAX_NESTING + " levels deep");
        }
    }

    void leave() {
        nesting--;
    }

    JinjaException unexpected(String wanted) {
        return error("expected " + wanted + ", found " + current().describe());
    }

    JinjaException error(String message) {
        return new JinjaException("line " + line() + ": " + message);
    }
}
