package io.github.jnpu.engine.chat;

import io.github.jnpu.engine.chat.gotemplate.GoTemplate;
import io.github.jnpu.engine.chat.tool.ToolCallSyntax;
import io.github.jnpu.engine.grammar.Grammar;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What thoughts and calls look like in a model's answers, read off its template as Ollama does. Immutable.
 *
 * @param thinkingTags
 *            what surrounds thoughts; empty for a model that does not think, or not so
 * @param toolCalls
 *            how calls are written, where the answer is no sequence of harmony messages
 * @param isHarmony
 *            whether answers are messages in channels, as gpt-oss writes them
 */
public record AnswerSyntax(Optional<ThinkingTags> thinkingTags, ToolCallSyntax toolCalls, boolean isHarmony) {
    private static final List<ThinkingTags> KNOWN_TAGS = List.of(new ThinkingTags("<think>", "</think>"),
            new ThinkingTags("[THINK]", "[/THINK]"), new ThinkingTags("<seed:think>", "</seed:think>"),
            new ThinkingTags("<|START_THINKING|>", "<|END_THINKING|>"));

    /** The tags around thoughts. */
    public record ThinkingTags(String open, String close) {

        /** Whether a prompt's text ends inside of thoughts that have just begun: some templates open them themselves. */
        public boolean areOpenedBy(String rendered) {
            return rendered.stripTrailing().endsWith(open);
        }
    }

    static AnswerSyntax ofGoTemplate(GoTemplate template) {
        Optional<ThinkingTags> tags = template.thinkingText().filter(text -> !text.before().isEmpty() && !text.after()
                .isEmpty()).map(text -> new ThinkingTags(text.before(), text.after()));
        String tag = template.toolCallText().map(text -> {
            String normal = text.replace("\r\n", "\n");
            int brace = normal.indexOf('{');
            return (brace < 0 ? normal : normal.substring(0, brace)).strip();
        }).filter(text -> !text.isEmpty()).orElse("{");
        boolean harmony = template.source().contains(HarmonyAnswer.START) && template.source().contains(
                HarmonyAnswer.CHANNEL);
        return new AnswerSyntax(harmony ? Optional.empty() : tags, ToolCallSyntax.ofTag(tag), harmony);
    }

    /**
     * The syntax of a Jinja template.
     *
     * @param mentions
     *            whether the template contains a text
     * @param thinks
     *            whether the model thinks, be it between unknown tags
     */
    static AnswerSyntax ofJinjaTemplate(Predicate<String> mentions, boolean thinks) {
        if (mentions.test(HarmonyAnswer.START) && mentions.test(HarmonyAnswer.CHANNEL)) {
            return new AnswerSyntax(Optional.empty(), ToolCallSyntax.JSON, true);
        }
        Optional<ThinkingTags> tags = KNOWN_TAGS.stream().filter(known -> mentions.test(known.open()) || mentions.test(
                known.close())).findFirst().or(() -> thinks ? Optional.of(KNOWN_TAGS.getFirst()) : Optional.empty());
        return new AnswerSyntax(tags, ToolCallSyntax.ofTemplate(mentions), false);
    }

    /** Whether thoughts can be told apart. */
    public boolean separatesThinking() {
        return isHarmony || thinkingTags.isPresent();
    }

    /**
     * The tokens that the model writes as signs and that have no text of their own; a generation has to spell them for its
     * answer to be read.
     */
    public Set<String> specialTokens() {
        Set<String> tokens = new LinkedHashSet<>();
        if (isHarmony) {
            tokens.addAll(HarmonyAnswer.SIGNS);
        } else {
            tokens.addAll(toolCalls.tags());
            thinkingTags.ifPresent(tags -> {
                tokens.add(tags.open());
                tokens.add(tags.close());
            });
        }
        return tokens;
    }

    /**
     * The conversation without the thoughts in assistants' texts before the last question: some models are trained so, and
     * clients that know nothing of thoughts send them back.
     */
    public List<ChatMessage> withoutEarlierThoughts(List<ChatMessage> messages) {
        int question = -1;
        for (int i = 0; i < messages.size(); i++) {
            question = messages.get(i).role().equals("user") ? i : question;
        }
        List<ChatMessage> result = new ArrayList<>(messages);
        for (int i = 0; i < question && thinkingTags.isPresent(); i++) {
            ChatMessage message = messages.get(i);
            if (message.role().equals("assistant")) {
                ThinkingSplitter splitter = new ThinkingSplitter(thinkingTags.get(), "");
                String content = splitter.accept(message.content()).content() + splitter.finish().content();
                result.set(i, message.withContent(content));
            }
        }
        return result;
    }

    /**
     * A grammar for the whole of an answer whose text is held to one: thoughts are free.
     *
     * @param thinks
     *            whether the answer may have thoughts that are no part of its text
     * @param rendered
     *            the prompt's text
     * @throws ChatTemplateException
     *             if answers are messages in channels
     */
    public Grammar held(Grammar grammar, boolean thinks, String rendered) {
        if (isHarmony) {
            throw new ChatTemplateException(
                    "format is not supported for models that answer in channels (harmony), as gpt-oss does; leave it out");
        }
        return thinkingTags.filter(tags -> thinks).map(tags -> grammar.behindThoughts(rendered, tags.open(), tags
                .close())).orElse(grammar);
    }

    /** What stands between the prompt and the beginning of an answer's text. */
    String answerStart() {
        return isHarmony ? HarmonyAnswer.FINAL_START : "";
    }

    /** A level as templates know it. */
    Optional<String> level(Thinking thinking) {
        return isHarmony ? thinking.levelUpToHigh() : thinking.level();
    }
}
