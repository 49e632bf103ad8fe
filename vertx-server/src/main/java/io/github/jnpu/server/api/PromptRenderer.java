package io.github.jnpu.server.api;

import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.PromptTooLongException;
import io.github.jnpu.engine.chat.AnswerReader;
import io.github.jnpu.engine.chat.AnswerSyntax;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.chat.ChatPrompt;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.chat.ChatTemplateException;
import io.github.jnpu.engine.chat.RequiredCall;
import io.github.jnpu.engine.chat.Thinking;
import io.github.jnpu.engine.grammar.Grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Turns a conversation into the tokens of a prompt that fits the context. */
final class PromptRenderer {
    private final LanguageModel model;
    private final Optional<ChatTemplate> template;
    private final List<Map<String, Object>> tools;
    private final Optional<Thinking> thinking;
    private final Optional<RequiredCall> required;

    /**
     * A prompt as text and as tokens.
     *
     * @param syntax
     *            how the answer is to be read; empty for one that is taken as it is
     * @param asked
     *            what was laid out
     * @param required
     *            the call that the answer has to be; its opening is a part of the tokens, and of the text it is none
     */
    record Prompt(String text, int[] tokens, Optional<AnswerSyntax> syntax, ChatPrompt asked,
            Optional<RequiredCall> required) {

        AnswerReader reader() {
            AnswerReader reader = syntax.map(known -> AnswerReader.of(known, asked, text)).orElseGet(
                    AnswerReader::plain);
            required.ifPresent(call -> reader.accept(call.opening(syntax.orElseThrow(), text)));
            return reader;
        }

        /**
         * What the model is held to: a required call, or else the request's grammar with room in front for the thoughts that
         * the reader tells apart.
         */
        Optional<Grammar> held(Optional<Grammar> grammar) {
            if (required.isPresent()) {
                return Optional.of(required.get().held(syntax.orElseThrow(), asked, text));
            }
            return grammar.map(one -> syntax.map(known -> known.held(one, asked.mayThink(), text)).orElse(one));
        }

        /** The signs of the answer's syntax. */
        Set<String> specialTokens() {
            return syntax.map(AnswerSyntax::specialTokens).orElse(Set.of());
        }
    }

    PromptRenderer(LanguageModel model, Optional<ChatTemplate> template, List<Map<String, Object>> tools,
            Optional<Thinking> thinking) {
        this(model, template, tools, thinking, Optional.empty());
    }

    /** @param required the call that the answer has to be; with a template only */
    PromptRenderer(LanguageModel model, Optional<ChatTemplate> template, List<Map<String, Object>> tools,
            Optional<Thinking> thinking, Optional<RequiredCall> required) {
        this.model = model;
        this.template = template;
        this.tools = tools;
        this.thinking = thinking;
        this.required = required;
    }

    /**
     * The prompt of a conversation. Where it is too long, the oldest messages go, except the system's and the last one; then tokens.
     *
     * @throws PromptTooLongException
     *             if it is still too long, or may not be cut
     */
    Prompt render(List<ChatMessage> messages, ContextLimits limits) {
        Prompt whole = render(messages);
        if (fits(whole)) {
            return whole;
        }
        List<Integer> droppable = new ArrayList<>();
        for (int i = 0; i < messages.size() - 1; i++) {
            if (!messages.get(i).role().equals("system")) {
                droppable.add(i);
            }
        }
        if (!limits.truncate() || droppable.isEmpty()) {
            return fitted(whole, limits);
        }
        // The more go the shorter it is: search by halves, a long history would take minutes one by one.
        int low = 1;
        int high = droppable.size();
        Prompt best = renderWithout(messages, droppable, high);
        if (!fits(best)) {
            return fitted(best, limits);
        }
        while (low < high) {
            int middle = (low + high) / 2;
            Prompt prompt = renderWithout(messages, droppable, middle);
            if (fits(prompt)) {
                high = middle;
                best = prompt;
            } else {
                low = middle + 1;
            }
        }
        return best;
    }

    /** The prompt, cut if it is too long and may be cut. */
    private Prompt fitted(Prompt prompt, ContextLimits limits) {
        if (fits(prompt)) {
            return prompt;
        }
        if (!limits.cuts()) {
            throw new PromptTooLongException(prompt.tokens().length, model.contextLength());
        }
        return new Prompt(prompt.text(), limits.cut(model, prompt.tokens()), prompt.syntax(), prompt.asked(), prompt
                .required());
    }

    private boolean fits(Prompt prompt) {
        return prompt.tokens().length < model.contextLength();
    }

    private Prompt renderWithout(List<ChatMessage> messages, List<Integer> droppable, int count) {
        Set<Integer> dropped = new HashSet<>(droppable.subList(0, count));
        List<ChatMessage> kept = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            if (!dropped.contains(i)) {
                kept.add(messages.get(i));
            }
        }
        try {
            return render(kept);
        } catch (ChatTemplateException e) {
            // Some templates refuse a conversation that starts with an answer: let the answer go too.
            if (count == droppable.size()) {
                throw e;
            }
            return renderWithout(messages, droppable, count + 1);
        }
    }

    private Prompt render(List<ChatMessage> messages) {
        String text = text(messages);
        String opening = required.map(call -> call.opening(template.orElseThrow().syntax(), text)).orElse("");
        return prompt(text, model.encodePrompt(text + opening, true), messages);
    }

    private Prompt prompt(String text, int[] tokens, List<ChatMessage> messages) {
        return new Prompt(text, requireTokens(tokens), template.map(ChatTemplate::syntax), ChatPrompt.of(
                messages, tools, thinking), required);
    }

    private String text(List<ChatMessage> messages) {
        return template.map(layout -> layout.renderForAnswer(ChatPrompt.of(messages, tools, thinking))).orElseGet(
                () -> messages.stream().map(ChatMessage::content).collect(Collectors.joining("\n\n")));
    }

    /** The prompt of a gap to be filled. */
    Prompt insert(String prefix, String suffix, ContextLimits limits) {
        String text = template.orElseThrow().renderInsert(prefix, suffix, thinking);
        return fitted(prompt(text, model.encodePrompt(text, true), List.of()), limits);
    }

    /** The prompt of a text that is taken as it is. */
    Prompt raw(String text, ContextLimits limits) {
        return fitted(
                new Prompt(text, requireTokens(model.encodePrompt(text, true)), Optional.empty(), ChatPrompt.of(List
                        .of()), Optional.empty()),
                limits);
    }

    /**
     * The prompt of a conversation that goes on from the tokens of an earlier answer. Where both are too long,
     * tokens go after the first ones of the earlier.
     *
     * @param context
     *            what an earlier answer gave as its context
     * @throws PromptTooLongException
     *             if nothing may be cut
     */
    Prompt continued(int[] context, List<ChatMessage> messages, ContextLimits limits) {
        for (int token : context) {
            if (token < 0 || token >= model.tokenizer().vocabularySize()) {
                throw ApiException.badRequest(
                        "context has the token %d, which the model does not know".formatted(token));
            }
        }
        String text = text(messages);
        int[] added = model.tokenizer().encode(text, true);
        int from = added.length > 0 && model.tokenizer().bos().isPresent()
                && added[0] == model.tokenizer().bos().getAsInt() ? 1 : 0;
        int[] tokens = Arrays.copyOf(context, context.length + added.length - from);
        System.arraycopy(added, from, tokens, context.length, added.length - from);
        return fitted(prompt(model.tokenizer().decode(context) + text, tokens, messages), limits);
    }

    private static int[] requireTokens(int[] tokens) {
        if (tokens.length == 0) {
            throw ApiException.badRequest("the prompt has no tokens");
        }
        return tokens;
    }
}
