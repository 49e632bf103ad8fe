package io.github.jnpu.langchain4j;

import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.RateLimitException;
import io.github.jnpu.convert.model.ModelFormatException;
import io.github.jnpu.engine.EngineException;
import io.github.jnpu.engine.ModelBusyException;
import io.github.jnpu.engine.PromptTooLongException;
import io.github.jnpu.engine.chat.ChatTemplateException;
import io.github.jnpu.engine.embedding.TextTooLongException;
import io.github.jnpu.engine.grammar.GrammarException;

/** The engine's exceptions as LangChain4j's, which say whether a retry makes sense. */
final class Failures {
    private Failures() {}

    /** A model that cannot be loaded now cannot be loaded by a retry either. */
    static RuntimeException ofLoading(RuntimeException failure) {
        return switch (failure) {
            case io.github.jnpu.engine.ModelNotFoundException e -> new ModelNotFoundException(e.getMessage(), e);
            case ModelFormatException e -> new InvalidRequestException(e.getMessage(), e);
            case EngineException e -> new InvalidRequestException(e.getMessage(), e);
            default -> failure;
        };
    }

    static RuntimeException ofRequest(RuntimeException failure) {
        return switch (failure) {
            case LangChain4jException e -> e;
            case TextTooLongException e -> new InvalidRequestException(e.getMessage(), e);
            case PromptTooLongException e -> new InvalidRequestException(e.getMessage(), e);
            case GrammarException e -> new InvalidRequestException(e.getMessage(), e);
            case ChatTemplateException e -> new InvalidRequestException(e.getMessage(), e);
            case IllegalArgumentException e -> new InvalidRequestException(e.getMessage(), e);
            case ModelBusyException e -> new RateLimitException(e.getMessage(), e);
            default -> new InternalServerException(failure.getMessage(), failure);
        };
    }
}
