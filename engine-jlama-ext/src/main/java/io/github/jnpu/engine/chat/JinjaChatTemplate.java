package io.github.jnpu.engine.chat;

import io.github.jnpu.convert.model.ModelSource;

import java.util.Optional;

/** A Jinja template as Hugging Face's tokenizers carry it, rendered by jinjava. */
final class JinjaChatTemplate {
    private JinjaChatTemplate() {}

    static Optional<ChatTemplate> of(ModelSource source) {
        return Optional.empty();
    }
}
