package io.github.jnpu.engine.chat.gotemplate;

import io.github.jnpu.engine.chat.gotemplate.Token.Kind;

import java.util.ArrayList;
import java.util.List;

/** Cuts a template into tokens; white space that trim markers take away is gone. */
final class Lexer {
    private static final String LEFT = "{{";
    private static final String RIGHT = "}}";
    private static final String SPACES = " \t\r\n";
    private static final int MAX_PARENTHESES = 60;

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int position;
    private int line = 1;
    private int parentheses;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String source) {
        Lexer lexer = new Lexer(source);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        while (position < source.length()) {
            int action = source.indexOf(LEFT, position);
            if (action < 0) {
                text(source.length(), false);
                break;
            }
            boolean trim = trimsLeft(action + 2);
            text(action, trim);
            advance(action + 2 + (trim ? 2 : 0));
            if (source.startsWith("/*", position)) {
                comment();
            } else {
                add(Kind.ACTION_START, "");
                action();
            }
        }
        add(Kind.END, "");
    }

    /** Whether a dash and white space come next, as in <code>{{- x</code>; without the space it is a number's sign. */
    private boolean trimsLeft(int at) {
        return at + 1 < source.length() && source.charAt(at) == '-' && isSpace(source.charAt(at + 1));
    }

    private void text(int end, boolean trim) {
        int last = end;
        while (trim && last > position && isSpace(source.charAt(last - 1))) {
            last--;
        }
        if (last > position) {
            add(Kind.TEXT, source.substring(position, last));
        }
        advance(end);
    }

    private void comment() {
        int close = source.indexOf("*/", position + 2);
        if (close < 0) {
            throw error("unclosed comment");
        }
        advance(close + 2);
        if (!closes()) {
            throw error("comment ends before closing delimiter");
        }
    }

    /** Goes past the right delimiter, with its trim marker and what that takes away, if it is here. */
    private boolean closes() {
        if (position + 1 < source.length() && isSpace(source.charAt(position)) && source.charAt(position + 1) == '-'
                && source.startsWith(RIGHT, position + 2)) {
            advance(position + 4);
            int end = position;
            while (end < source.length() && isSpace(source.charAt(end))) {
                end++;
            }
            advance(end);
            return true;
        }
        if (source.startsWith(RIGHT, position)) {
            advance(position + 2);
            return true;
        }
        return false;
    }

    private void action() {
        parentheses = 0;
        while (true) {
            int at = line;
            if (closes()) {
                if (parentheses > 0) {
                    throw error("unclosed left paren");
                }
                tokens.add(new Token(Kind.ACTION_END, "", at));
                return;
            }
            if (position >= source.length()) {
                throw error("unclosed action");
            }
            token(source.charAt(position));
        }
    }

    private void token(char c) {
        if (isSpace(c)) {
            int end = position;
            while (end < source.length() && isSpace(source.charAt(end)) && !closesAt(end)) {
                end++;
            }
            add(Kind.SPACE, " ");
            advance(end);
        } else if (c == '"') {
            quoted('"', Kind.STRING);
        } else if (c == '\'') {
            quoted('\'', Kind.CHARACTER);
        } else if (c == '`') {
            raw();
        } else if (c == ':' && source.startsWith(":=", position)) {
            take(Kind.DECLARE, 2);
        } else if (c == '=') {
            take(Kind.ASSIGN, 1);
        } else if (c == '|') {
            take(Kind.PIPE, 1);
        } else if (c == ',') {
            take(Kind.COMMA, 1);
        } else if (c == '(') {
            if (++parentheses > MAX_PARENTHESES) {
                throw error("parentheses nest more than " + MAX_PARENTHESES + " deep");
            }
            take(Kind.OPEN, 1);
        } else if (c == ')') {
            if (--parentheses < 0) {
                throw error("unexpected right paren");
            }
            take(Kind.CLOSE, 1);
        } else if (c == '$') {
            word(Kind.VARIABLE, 1, 0);
        } else if (c == '.') {
            dot();
        } else if (c == '+' || c == '-' || c >= '0' && c <= '9') {
            number();
        } else if (isWord(c)) {
            word(Kind.IDENTIFIER, 0, 0);
        } else {
            throw error("unrecognized character in action: '" + c + "'");
        }
    }

    /** A space before the right delimiter's trim marker belongs to the marker. */
    private boolean closesAt(int at) {
        return at + 1 < source.length() && source.charAt(at + 1) == '-' && source.startsWith(RIGHT, at + 2);
    }

    private void dot() {
        char next = position + 1 < source.length() ? source.charAt(position + 1) : ' ';
        if (next >= '0' && next <= '9') {
            number();
        } else if (isWord(next)) {
            word(Kind.FIELD, 1, 1);
        } else {
            take(Kind.DOT, 1);
        }
    }

    private void word(Kind kind, int prefix, int dropped) {
        int end = position + prefix;
        while (end < source.length() && isWord(source.charAt(end))) {
            end++;
        }
        if (end < source.length() && !endsWord(source.charAt(end)) && !source.startsWith(RIGHT, end)) {
            throw error("bad character '" + source.charAt(end) + "'");
        }
        add(kind, source.substring(position + dropped, end));
        advance(end);
    }

    private static boolean endsWord(char c) {
        return isSpace(c) || ".,|:()=".indexOf(c) >= 0;
    }

    private void number() {
        int end = position + 1;
        while (end < source.length() && (isWord(source.charAt(end)) || source.charAt(end) == '.'
                || (source.charAt(end) == '+' || source.charAt(end) == '-')
                        && "eEpP".indexOf(source.charAt(end - 1)) >= 0 && !source.startsWith(RIGHT, end + 1))) {
            end++;
        }
        take(Kind.NUMBER, end - position);
    }

    private void quoted(char quote, Kind kind) {
        int end = position + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            if (source.charAt(end) == '\n') {
                break;
            }
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length() || source.charAt(end) != quote) {
            throw error(quote == '"' ? "unterminated quoted string" : "unterminated character constant");
        }
        String text = GoStrings.unquote(source.substring(position + 1, end)).orElseThrow(() -> error(
                "invalid syntax in a quoted string"));
        add(kind, text);
        advance(end + 1);
    }

    private void raw() {
        int end = source.indexOf('`', position + 1);
        if (end < 0) {
            throw error("unterminated raw quoted string");
        }
        add(Kind.STRING, source.substring(position + 1, end).replace("\r", ""));
        advance(end + 1);
    }

    private void take(Kind kind, int length) {
        add(kind, source.substring(position, position + length));
        advance(position + length);
    }

    private void add(Kind kind, String text) {
        tokens.add(new Token(kind, text, line));
    }

    private void advance(int to) {
        for (; position < to; position++) {
            if (source.charAt(position) == '\n') {
                line++;
            }
        }
    }

    private static boolean isSpace(char c) {
        return SPACES.indexOf(c) >= 0;
    }

    private static boolean isWord(char c) {
        return c == '_' || Character.isLetterOrDigit(c) || Character.isSurrogate(c);
    }

    private GoTemplateException error(String message) {
        return GoTemplateException.at(line, message);
    }
}
