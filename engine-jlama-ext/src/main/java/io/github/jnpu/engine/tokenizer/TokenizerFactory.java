package io.github.jnpu.engine.tokenizer;

import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.convert.model.ModelSource;

/** Chooses the tokenizer by {@code tokenizer.ggml.model}. */
final class TokenizerFactory {
    private TokenizerFactory() {}

    static Tokenizer create(ModelSource source) {
        Metadata metadata = source.metadata();
        String kind = metadata.string("tokenizer.ggml.model").orElseThrow(() -> new ModelFormatException(
                "%s: metadata 'tokenizer.ggml.model' is missing, so the file has no vocabulary"
                        .formatted(source.location())));
        return switch (kind) {
            case "llama" -> new SentencePieceTokenizer(new Vocabulary(source, SentencePieceTokenizer.DEFAULTS),
                    metadata.bool("tokenizer.ggml.add_space_prefix").orElse(true));
            case "gpt2" -> BytePairTokenizer.of(source);
            case "bert" -> new WordPieceTokenizer(new Vocabulary(source, WordPieceTokenizer.DEFAULTS), metadata);
            case "none", "no_vocab" -> throw new ModelFormatException(
                    "%s: tokenizer '%s' (metadata 'tokenizer.ggml.model'): the file has no vocabulary".formatted(
                            source.location(), kind));
            default -> throw new ModelFormatException(
                    "%s: tokenizer '%s' (metadata 'tokenizer.ggml.model') is not supported; jnpu knows llama (SentencePiece), gpt2 (byte-level BPE) and bert (WordPiece)"
                            .formatted(source.location(), kind));
        };
    }
}
