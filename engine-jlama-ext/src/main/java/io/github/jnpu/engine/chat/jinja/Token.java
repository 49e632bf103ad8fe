package io.github.jnpu.engine.chat.jinja;

/**
 * A piece of a template's source.
 *
 * @param text
 *            an operator's or name's spelling, a string's value after its escapes, the text between the tags
 * @param value
 *            a number's value
 * @param line
 *            counted from 1
 */
record Token(Kind kind, String text, Object value, int line) {

    enum Kind {
        TEXT, BLOCK_BEGIN, BLOCK_END, OUTPUT_BEGIN, OUTPUT_END, NAME, STRING, NUMBER, OPERATOR, END
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }

    boolean isOperator(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    /** How an error message names it. */
    String describe() {
        return switch (kind) {
            case END -> "the end of the template";
            case BLOCK_END -> "'%}'";
            case OUTPUT_END -> "'}}'";
            case TEXT -> "text";
            default -> "'" + text + "'";
        };
    }
}
