package io.github.jnpu.engine.grammar;

import io.github.jnpu.engine.EngineException;

/** A grammar or schema that cannot be compiled, or one that the model's vocabulary cannot write. */
public class GrammarException extends EngineException {
    private static final long serialVersionUID = 1L;

    private final String keyword;
    private final String pointer;

    public GrammarException(String message) {
        this(message, "", "");
    }

    /**
     * @param keyword
     *            the keyword of the schema that is at fault; empty for grammars of another kind
     * @param pointer
     *            where it stands, as a JSON pointer
     */
    GrammarException(String message, String keyword, String pointer) {
        super(message);
        this.keyword = keyword;
        this.pointer = pointer;
    }

    /** The keyword of the schema that is at fault; empty where the grammar is no schema. */
    public String keyword() {
        return keyword;
    }

    /** Where in the schema it stands, as a JSON pointer: {@code /properties/name/not}. */
    public String pointer() {
        return pointer;
    }
}
