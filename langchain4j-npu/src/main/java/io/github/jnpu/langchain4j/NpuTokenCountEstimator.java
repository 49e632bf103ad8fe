package io.github.jnpu.langchain4j;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.TokenCountEstimator;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.chat.ChatPrompt;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.chat.ChatTemplateException;
import io.github.jnpu.engine.tokenizer.Tokenizer;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * Counts tokens with a model's own vocabulary and chat template, without loading its weights. For whole conversations the
 * count is that of the prompt which the chat models would send; tools and thinking aside.
 *
 * <p>Thread-safe.
 */
public final class NpuTokenCountEstimator implements TokenCountEstimator {
    private final Tokenizer tokenizer;
    private final Optional<ChatTemplate> template;

    /**
     * Reads a model's vocabulary.
     *
     * @param modelName
     *            a name in the model store, {@code demo}, or a path to a GGUF file
     * @throws dev.langchain4j.exception.ModelNotFoundException
     *             if there is no model of this name
     * @throws InvalidRequestException
     *             if it cannot be read
     */
    public NpuTokenCountEstimator(String modelName) {
        if (modelName == null || modelName.isBlank()) {
            throw new InvalidRequestException("no model: give a model's name or path");
        }
        ModelAccess access = ModelAccess.ofUser(Optional.empty());
        try (ModelSource source = access.open(modelName)) {
            this.tokenizer = Tokenizer.of(source);
            this.template = access.template(modelName, ChatTemplate.of(source));
        } catch (RuntimeException e) {
            throw Failures.ofLoading(e);
        }
    }

    /** As {@link #NpuTokenCountEstimator(String)}, with a GGUF file. */
    public NpuTokenCountEstimator(Path modelPath) {
        this(modelPath == null ? null : modelPath.toString());
    }

    /** The text's own tokens, without what a model puts in front. */
    @Override
    public int estimateTokenCountInText(String text) {
        int[] ids = tokenizer.encode(text, false);
        boolean bos = tokenizer.addsBos() && tokenizer.bos().isPresent() && ids.length > 0
                && ids[0] == tokenizer.bos().getAsInt();
        return ids.length - (bos ? 1 : 0);
    }

    /** The message as the template lays it out by itself; its text alone where the template wants more around it. */
    @Override
    public int estimateTokenCountInMessage(ChatMessage message) {
        List<io.github.jnpu.engine.chat.ChatMessage> turn = PromptLayout.turns(List.of(message));
        try {
            return template.map(layout -> tokens(layout.render(new ChatPrompt(turn, List.of(), false, Optional
                    .empty())), true)).orElseGet(() -> estimateTokenCountInText(PromptLayout.plain(turn)));
        } catch (ChatTemplateException e) {
            return estimateTokenCountInText(PromptLayout.plain(turn));
        }
    }

    /**
     * The whole prompt, up to where the answer begins.
     *
     * @throws InvalidRequestException
     *             if the template refuses the conversation
     */
    @Override
    public int estimateTokenCountInMessages(Iterable<ChatMessage> messages) {
        List<io.github.jnpu.engine.chat.ChatMessage> turns = PromptLayout.turns(StreamSupport.stream(messages
                .spliterator(), false).toList());
        try {
            return template.map(layout -> tokens(layout.renderForAnswer(ChatPrompt.of(turns)), true)).orElseGet(
                    () -> tokens(PromptLayout.plain(turns), false));
        } catch (RuntimeException e) {
            throw Failures.ofRequest(e);
        }
    }

    /** As {@code LanguageModel.encodePrompt} does it: BOS where the model wants it and the text does not begin with it. */
    private int tokens(String text, boolean parseSpecial) {
        int[] ids = tokenizer.encode(text, parseSpecial);
        boolean missing = tokenizer.addsBos() && tokenizer.bos().isPresent() && (ids.length == 0
                || ids[0] != tokenizer.bos().getAsInt());
        return ids.length + (missing ? 1 : 0);
    }
}
