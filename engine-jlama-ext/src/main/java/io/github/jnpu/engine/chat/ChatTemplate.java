package io.github.jnpu.engine.chat;

import io.github.jnpu.convert.model.ModelSource;

import java.util.Optional;

/** Lays a conversation out as the text that a model was trained to continue. Immutable and thread-safe. */
public interface ChatTemplate {

    /**
     * The prompt's text, special tokens spelled out; encode it with {@code parseSpecial}, and add BOS only where the text
     * does not begin with it.
     *
     * @throws ChatTemplateException
     *             if the template refuses the conversation or is wrong itself
     */
    String render(ChatPrompt prompt);

    /** The template's source, as {@code show} prints it. */
    String source();

    /** Whether the template lays out tool definitions and calls. */
    boolean supportsTools();

    /** Whether the model thinks before it answers, between tags that the template knows. */
    boolean supportsThinking();

    /**
     * The template of a model file ({@code tokenizer.chat_template}), if it has one.
     *
     * @throws ChatTemplateException
     *             if it cannot be parsed
     */
    static Optional<ChatTemplate> of(ModelSource source) {
        return JinjaChatTemplate.of(source);
    }
}
