package io.github.jnpu.engine.chat;

import io.github.jnpu.convert.model.ModelSource;

import java.time.Clock;
import java.util.List;
import java.util.Optional;

/**
 * Lays a conversation out as the text that a model was trained to continue, and knows what its answers look like. Immutable
 * and thread-safe.
 *
 * <p>A caller renders a {@link ChatPrompt} with {@link #renderForAnswer}, encodes the text, asks the model with
 * {@link AnswerSyntax#specialTokens()} spelled out, and reads what it says with an {@link AnswerReader}.
 */
public interface ChatTemplate {

    /**
     * The prompt's text, special tokens spelled out; encode it with {@code parseSpecial}, and add BOS only where the text
     * does not begin with it.
     *
     * @throws ChatTemplateException
     *             if the template refuses the conversation or is wrong itself
     */
    String render(ChatPrompt prompt);

    /**
     * The text after which the model writes: as {@link #render}, but an assistant's message at the end is the beginning of
     * the answer, which the model goes on with.
     */
    default String renderForAnswer(ChatPrompt prompt) {
        List<ChatMessage> messages = prompt.messages();
        boolean begun = messages.size() > 1 && messages.getLast().role().equals("assistant")
                && messages.getLast().toolCalls().isEmpty();
        if (!begun || leavesAnswerOpen()) {
            return render(prompt);
        }
        return render(prompt.withMessages(messages.subList(0, messages.size() - 1))) + syntax().answerStart()
                + messages.getLast().content();
    }

    /**
     * The text for a model that fills a gap.
     *
     * @throws ChatTemplateException
     *             if the template has no place for a suffix, or fails
     */
    default String renderInsert(String prefix, String suffix, Optional<Thinking> thinking) {
        throw new ChatTemplateException("the chat template has no place for a suffix");
    }

    /** The template's source, as {@code show} prints it. */
    String source();

    /** What thoughts and tool calls look like in the model's answers. */
    AnswerSyntax syntax();

    /** Whether the template lays out tool definitions and calls. */
    boolean supportsTools();

    /** Whether the model thinks before it answers, between tags that the template knows. */
    boolean supportsThinking();

    /** Whether the template has a place for text behind the gap that the model fills. */
    default boolean supportsInsert() {
        return false;
    }

    /** Whether {@link #render} itself leaves an assistant's message at the end open. */
    default boolean leavesAnswerOpen() {
        return false;
    }

    /**
     * The template of a model file ({@code tokenizer.chat_template}), if it has one.
     *
     * @throws ChatTemplateException
     *             if it cannot be parsed
     */
    static Optional<ChatTemplate> of(ModelSource source) {
        return JinjaChatTemplate.of(source);
    }

    /**
     * A Jinja template that spells out its special tokens.
     *
     * @throws ChatTemplateException
     *             if it cannot be parsed
     */
    static ChatTemplate ofJinjaTemplate(String source) {
        return JinjaChatTemplate.parse(source, Clock.systemDefaultZone());
    }

    /**
     * A Go template as Modelfiles have them.
     *
     * @throws ChatTemplateException
     *             if it cannot be parsed
     */
    static ChatTemplate ofGoTemplate(String source) {
        return GoChatTemplate.parse(source, Clock.systemDefaultZone());
    }

    /**
     * Which of two templates a model is asked with. As in Ollama that is the Modelfile's, unless the model file's own can do
     * more and does not lose the way back from a tool call.
     *
     * @param preferModelfile
     *            what the user decided (OLLAMA_GO_TEMPLATE); empty to compare
     */
    static Optional<ChatTemplate> choose(Optional<ChatTemplate> modelfile, Optional<ChatTemplate> file,
            Optional<Boolean> preferModelfile) {
        return TemplateChoice.choose(modelfile, file, preferModelfile);
    }

    /**
     * The template that a model is asked with: {@link #choose} between its Modelfile's and its file's.
     *
     * @param goTemplate
     *            the source of the Modelfile's
     * @throws ChatTemplateException
     *             if one of them cannot be parsed
     */
    static Optional<ChatTemplate> of(ModelSource source, Optional<String> goTemplate,
            Optional<Boolean> preferModelfile) {
        return choose(goTemplate.map(ChatTemplate::ofGoTemplate), of(source), preferModelfile);
    }
}
