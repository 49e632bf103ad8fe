package io.github.jnpu.engine.chat.gotemplate;

/** A piece of a template's source. */
record Token(Kind kind, String text, int line) {
    enum Kind {
        /** Between the actions, already trimmed. */
        TEXT,
        ACTION_START,
        ACTION_END,
        /** Separates the words of a command. */
        SPACE,
        IDENTIFIER,
        /** {@code .Name}; the text is the name. */
        FIELD,
        /** {@code $} or {@code $name}. */
        VARIABLE,
        DOT,
        STRING,
        NUMBER,
        CHARACTER,
        PIPE,
        OPEN,
        CLOSE,
        COMMA,
        DECLARE,
        ASSIGN,
        END
    }
}
