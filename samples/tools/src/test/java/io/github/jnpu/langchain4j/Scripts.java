package io.github.jnpu.langchain4j;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Hands on the models that the provider's own tests make, which are visible in their package only. */
public final class Scripts {
    /** Shows every message, tools included; what it ends with is what the model hears last. */
    public static final String TEMPLATE = ScriptedModel.TEMPLATE;

    private Scripts() {}

    /**
     * Writes a model that says a script behind {@code <|go|>}.
     *
     * @param script
     *            one token each, all different
     */
    public static Path model(Path file, String template, List<String> script) throws IOException {
        return ScriptedModel.write(file, template, script);
    }
}
