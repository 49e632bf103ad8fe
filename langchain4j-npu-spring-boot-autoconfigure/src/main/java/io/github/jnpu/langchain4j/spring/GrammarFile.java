package io.github.jnpu.langchain4j.spring;

import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.engine.grammar.GrammarException;
import org.springframework.core.io.Resource;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A grammar that a property names. */
final class GrammarFile {
    /** One more than the engine takes, which then says so. */
    private static final int MAX_BYTES = (4 << 20) + 1;

    private GrammarFile() {}

    /**
     * Reads a JSON Schema if the name ends in {@code .json}, else GBNF.
     *
     * @throws EngineException
     *             if the file cannot be read, or what it says is no grammar
     */
    static Grammar read(Resource file) {
        String text;
        try (InputStream in = file.getInputStream()) {
            text = new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new EngineException("the grammar cannot be read: " + e.getMessage(), e);
        }
        String name = file.getFilename();
        try {
            return name != null && name.toLowerCase(Locale.ROOT).endsWith(".json")
                    ? Grammar.ofJsonSchema(text)
                    : Grammar.ofGbnf(text);
        } catch (GrammarException e) {
            throw new EngineException("%s: %s".formatted(file.getDescription(), e.getMessage()), e);
        }
    }
}
