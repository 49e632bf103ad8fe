package io.github.jnpu.engine.tokenizer;

import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;

/** Chooses the tokenizer by {@code tokenizer.ggml.model}. */
final class TokenizerFactory {
    private TokenizerFactory() {}

    static Tokenizer create(ModelSource source) {
        String kind = source.metadata().string("tokenizer.ggml.model").orElseThrow(() -> new ModelFormatException(
                "%s: metadata 'tokenizer.ggml.model' is missing, so the file has no vocabulary"
                        .formatted(source.location())));
        throw new ModelFormatException("%s: tokenizer '%s' is not supported".formatted(source.location(), kind));
    }
}
