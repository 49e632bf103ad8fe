package io.github.jnpu.engine.chat.jinja;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a template into tokens as Jinja2's lexer does with {@code trim_blocks} and {@code lstrip_blocks}: a block tag
 * takes the newline after it and the blanks before it on its line, {@code -} takes all whitespace on its side and
 * {@code +} keeps it. One newline at the end of the template is dropped.
 */
final class Lexer {
    private static final String[] OPERATORS = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[",
            "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"};

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int position;
    private int line = 1;
    /** Whether the last thing read ended a line, so that blanks before a block tag begin their line. */
    private boolean lineStarting = true;

    private Lexer(String source) {
        String text = source.replace("\r\n", "\n").replace('\r', '\n');
        this.source = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    static List<Token> tokens(String source) {
        return new Lexer(source).read();
    }

    private List<Token> read() {
        while (position < source.length()) {
            int begin = nextTag(position);
            if (begin < 0) {
                text(source.substring(position));
                break;
            }
            readTag(begin);
        }
        tokens.add(new Token(Token.Kind.END, "", null, line));
        return tokens;
    }

    private int nextTag(int from) {
        for (int at = source.indexOf('{', from); at >= 0 && at + 1 < source.length(); at = source.indexOf('{',
                at + 1)) {
            char next = source.charAt(at + 1);
            if (next == '%' || next == '{' || next == '#') {
                return at;
            }
        }
        return -1;
    }

    private void readTag(int begin) {
        char kind = source.charAt(begin + 1);
        int inside = begin + 2;
        char sign = inside < source.length() ? source.charAt(inside) : ' ';
        if (sign == '-' || sign == '+') {
            inside++;
        } else {
            sign = ' ';
        }
        text(beforeTag(source.substring(position, begin), sign, kind != '{'));
        int bodyLine = line;
        switch (kind) {
            case '#' -> skipComment(inside, bodyLine);
            case '{' -> {
                add(Token.Kind.OUTPUT_BEGIN, "{{");
                readExpression(inside, "}}");
            }
            default -> {
                int raw = rawBody(inside);
                if (raw >= 0) {
                    readRaw(raw);
                } else {
                    add(Token.Kind.BLOCK_BEGIN, "{%");
                    readExpression(inside, "%}");
                }
            }
        }
    }

    /** The text before a tag without the whitespace that the tag takes. */
    private String beforeTag(String text, char sign, boolean block) {
        line += count(text);
        if (sign == '-') {
            return PythonText.strip(text, null, false, true);
        }
        if (sign != '+' && block) {
            int lineBegin = text.lastIndexOf('\n') + 1;
            if ((lineBegin > 0 || lineStarting) && PythonText.strip(text.substring(lineBegin), null).isEmpty()) {
                return text.substring(0, lineBegin);
            }
        }
        return text;
    }

    private void text(String text) {
        if (!text.isEmpty()) {
            add(Token.Kind.TEXT, text);
        }
    }

    private void skipComment(int from, int startLine) {
        int end = source.indexOf("#}", from);
        if (end < 0) {
            throw error("a comment '{#' is not closed", startLine);
        }
        // "{#-#}": the minus belongs to the opening, as Jinja2 reads it.
        char sign = end > from ? source.charAt(end - 1) : ' ';
        line += count(source.substring(from, end));
        afterTag(end + 2, sign, true);
    }

    /** Where the body of a raw block begins if the tag that begins here is one, else -1. */
    private int rawBody(int from) {
        int at = skipSpace(from);
        if (!source.startsWith("raw", at)) {
            return -1;
        }
        at = skipSpace(at + 3);
        if (source.startsWith("-%}", at)) {
            return skipSpace(at + 3);
        }
        return source.startsWith("%}", at) ? at + 2 : -1;
    }

    private void readRaw(int body) {
        int startLine = line;
        for (int end = source.indexOf("{%", body); end >= 0; end = source.indexOf("{%", end + 2)) {
            int at = end + 2;
            char sign = at < source.length() ? source.charAt(at) : ' ';
            at = skipSpace(sign == '-' || sign == '+' ? at + 1 : at);
            if (!source.startsWith("endraw", at)) {
                continue;
            }
            at = skipSpace(at + 6);
            char closing = at < source.length() ? source.charAt(at) : ' ';
            int close = closing == '-' || closing == '+' ? at + 1 : at;
            if (source.startsWith("%}", close)) {
                lineStarting = source.charAt(body - 1) == '\n';
                text(beforeTag(source.substring(body, end), sign, true));
                afterTag(close + 2, closing, true);
                return;
            }
        }
        throw error("a raw block is not closed", startLine);
    }

    private void readExpression(int from, String closing) {
        int startLine = line;
        Deque<Character> open = new ArrayDeque<>();
        position = from;
        while (true) {
            int before = position;
            position = skipSpace(position);
            line += count(source.substring(before, position));
            if (position >= source.length()) {
                throw error("a tag is not closed with '" + closing + "'", startLine);
            }
            if (open.isEmpty()) {
                char c = source.charAt(position);
                boolean block = closing.equals("%}");
                if (source.startsWith(closing, position)) {
                    end(closing, ' ');
                    return;
                }
                if ((c == '-' || c == '+' && block) && source.startsWith(closing, position + 1)) {
                    position++;
                    end(closing, c);
                    return;
                }
            }
            readToken(open);
        }
    }

    private void end(String closing, char sign) {
        boolean block = closing.equals("%}");
        add(block ? Token.Kind.BLOCK_END : Token.Kind.OUTPUT_END, closing);
        afterTag(position + 2, sign, block);
    }

    private void afterTag(int after, char sign, boolean block) {
        int end = after;
        if (sign == '-') {
            end = skipSpace(after);
        } else if (sign != '+' && block && end < source.length() && source.charAt(end) == '\n') {
            end++;
        }
        line += count(source.substring(after, end));
        lineStarting = end > after && source.charAt(end - 1) == '\n';
        position = end;
    }

    private void readToken(Deque<Character> open) {
        char c = source.charAt(position);
        if (c >= '0' && c <= '9') {
            readNumber();
        } else if (c == '_' || Character.isLetter(source.codePointAt(position))) {
            int start = position;
            while (position < source.length() && isWord(source.codePointAt(position))) {
                position += Character.charCount(source.codePointAt(position));
            }
            add(Token.Kind.NAME, source.substring(start, position));
        } else if (c == '\'' || c == '"') {
            readString(c);
        } else {
            readOperator(open);
        }
    }

    private static boolean isWord(int c) {
        return c == '_' || Character.isLetterOrDigit(c);
    }

    private void readOperator(Deque<Character> open) {
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, position)) {
                switch (operator) {
                    case "(" -> open.push(')');
                    case "[" -> open.push(']');
                    case "{" -> open.push('}');
                    case ")", "]", "}" -> {
                        if (open.isEmpty() || open.pop() != operator.charAt(0)) {
                            throw error("unexpected '" + operator + "'", line);
                        }
                    }
                    default -> {
                    }
                }
                add(Token.Kind.OPERATOR, operator);
                position += operator.length();
                return;
            }
        }
        throw error("unexpected character '" + Character.toString(source.codePointAt(position)) + "'", line);
    }

    private void readNumber() {
        int start = position;
        int radix = 10;
        if (source.charAt(start) == '0' && start + 1 < source.length()) {
            radix = switch (Character.toLowerCase(source.charAt(start + 1))) {
                case 'x' -> 16;
                case 'o' -> 8;
                case 'b' -> 2;
                default -> 10;
            };
        }
        position = digits(radix == 10 ? start : start + 2, radix);
        boolean fraction = false;
        if (radix == 10) {
            int afterDot = position < source.length() && source.charAt(position) == '.' ? digits(position + 1, 10) : 0;
            // "x.0.1" reads as two integer keys, as in Jinja2.
            boolean afterPoint = start > 0 && source.charAt(start - 1) == '.';
            if (afterDot > position + 1 && !afterPoint) {
                position = afterDot;
                fraction = true;
            }
            if (!afterPoint && position < source.length() && Character.toLowerCase(source.charAt(position)) == 'e') {
                int exponent = position + 1;
                if (exponent < source.length() && "+-".indexOf(source.charAt(exponent)) >= 0) {
                    exponent++;
                }
                int end = digits(exponent, 10);
                if (end > exponent) {
                    position = end;
                    fraction = true;
                }
            }
        }
        String digits = source.substring(radix == 10 ? start : start + 2, position).replace("_", "");
        if (digits.isEmpty() || digits.length() > 400) {
            throw error("a number is malformed", line);
        }
        Object value = fraction ? (Object) Double.valueOf(digits) : integer(digits, radix);
        tokens.add(new Token(Token.Kind.NUMBER, source.substring(start, position), value, line));
    }

    private Object integer(String digits, int radix) {
        BigInteger value = new BigInteger(digits, radix);
        if (value.bitLength() > 63) {
            throw error("the number " + digits + " is too large", line);
        }
        return value.longValueExact();
    }

    private int digits(int from, int radix) {
        int at = from;
        while (at < source.length() && (Character.digit(source.charAt(at), radix) >= 0 && source.charAt(at) < 128
                || source.charAt(at) == '_' && at > from)) {
            at++;
        }
        return at;
    }

    private void readString(char quote) {
        int start = position + 1;
        int at = start;
        while (at < source.length() && source.charAt(at) != quote) {
            at += source.charAt(at) == '\\' ? 2 : 1;
        }
        if (at >= source.length()) {
            throw error("a string is not closed", line);
        }
        String body = source.substring(start, at);
        add(Token.Kind.STRING, PythonText.unescape(body));
        line += count(body);
        position = at + 1;
    }

    private int skipSpace(int from) {
        int at = from;
        while (at < source.length() && PythonText.isSpace(source.charAt(at))) {
            at++;
        }
        return at;
    }

    private static int count(String text) {
        int lines = 0;
        for (int at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
            lines++;
        }
        return lines;
    }

    private void add(Token.Kind kind, String text) {
        tokens.add(new Token(kind, text, null, line));
    }

    private static JinjaException error(String message, int line) {
        return new JinjaException("line " + line + ": " + message);
    }
}
