package io.github.jnpu.engine.chat;

import io.github.jnpu.engine.chat.AnswerEvent.CompleteToolCall;
import io.github.jnpu.engine.chat.AnswerEvent.PartialToolCall;
import io.github.jnpu.engine.chat.tool.ToolCallParser;
import io.github.jnpu.engine.chat.tool.ToolCallPiece;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * Tells apart what a model thinks, what it says and which tools it calls, as its answer comes, cut anywhere. For one answer
 * and one thread.
 */
public final class AnswerReader {
    private static final String ID_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
    private static final int ID_LENGTH = 8;
    private static final RandomGenerator RANDOM = new SecureRandom();

    private final Optional<HarmonyAnswer> harmony;
    private final Optional<ThinkingSplitter> splitter;
    private final Optional<ToolCallParser> tools;
    private String callId = "";
    private int callIndex = -1;
    private List<AnswerEvent> events = new ArrayList<>();

    private AnswerReader(Optional<HarmonyAnswer> harmony, Optional<ThinkingSplitter> splitter,
            Optional<ToolCallParser> tools) {
        this.harmony = harmony;
        this.splitter = splitter;
        this.tools = tools;
    }

    /**
     * Starts an answer. Thoughts are told apart unless the prompt turned thinking off, calls where it has tools.
     *
     * @param prompt
     *            what the model was asked
     * @param rendered
     *            the prompt's text: some templates begin the thoughts themselves
     */
    public static AnswerReader of(AnswerSyntax syntax, ChatPrompt prompt, String rendered) {
        Set<String> names = prompt.tools().stream().map(AnswerReader::name).flatMap(Optional::stream).collect(Collectors
                .toUnmodifiableSet());
        if (syntax.isHarmony()) {
            return new AnswerReader(Optional.of(new HarmonyAnswer(names, rendered)), Optional.empty(), Optional
                    .empty());
        }
        boolean thinks = prompt.mayThink();
        return new AnswerReader(Optional.empty(), syntax.thinkingTags().filter(tags -> thinks).map(
                tags -> new ThinkingSplitter(tags, rendered)),
                names.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new ToolCallParser(syntax.toolCalls(), names)));
    }

    /** Passes everything on as text. */
    public static AnswerReader plain() {
        return new AnswerReader(Optional.empty(), Optional.empty(), Optional.empty());
    }

    private static Optional<String> name(Map<String, Object> tool) {
        return tool.get("function") instanceof Map<?, ?> function && function.get("name") instanceof String name
                && !name.isEmpty() ? Optional.of(name) : Optional.empty();
    }

    /** What is certain now that this text came; often nothing. */
    public List<AnswerEvent> accept(String text) {
        if (harmony.isPresent()) {
            harmony.get().accept(text, new Sink());
        } else if (splitter.isPresent()) {
            add(splitter.get().accept(text));
        } else {
            say(text);
        }
        return take();
    }

    /** The rest when no more text comes. */
    public List<AnswerEvent> finish() {
        harmony.ifPresent(answer -> answer.finish(new Sink()));
        splitter.ifPresent(splitting -> add(splitting.finish()));
        tools.ifPresent(parser -> parser.finish().forEach(this::add));
        return take();
    }

    private List<AnswerEvent> take() {
        List<AnswerEvent> result = events;
        events = new ArrayList<>();
        return result;
    }

    private void add(ThinkingSplitter.Piece piece) {
        if (!piece.thinking().isEmpty()) {
            events.add(new AnswerEvent.Thought(piece.thinking()));
        }
        if (!piece.content().isEmpty()) {
            say(piece.content());
        }
    }

    private void say(String text) {
        if (tools.isPresent()) {
            tools.get().accept(text).forEach(this::add);
        } else if (!text.isEmpty()) {
            events.add(new AnswerEvent.Text(text));
        }
    }

    private void add(ToolCallPiece piece) {
        switch (piece) {
            case ToolCallPiece.Text(String text) -> events.add(new AnswerEvent.Text(text));
            case ToolCallPiece.Partial(int index, String name, String arguments) ->
                events.add(new PartialToolCall(index,
                        id(index), name, arguments));
            case ToolCallPiece.Call(int index, String name, Map<String, Object> arguments) -> {
                events.add(new CompleteToolCall(index, new ChatMessage.ToolCall(Optional.of(id(index)), name,
                        arguments)));
                callIndex = -1;
            }
        }
    }

    /** Ollama's form: {@code call_} and eight letters and digits. */
    private String id(int index) {
        if (callIndex != index) {
            callIndex = index;
            callId = RANDOM.ints(ID_LENGTH, 0, ID_CHARACTERS.length()).mapToObj(i -> ID_CHARACTERS.substring(i, i + 1))
                    .collect(Collectors.joining("", "call_", ""));
        }
        return callId;
    }

    private final class Sink implements HarmonyAnswer.Sink {
        @Override
        public void text(String text) {
            events.add(new AnswerEvent.Text(text));
        }

        @Override
        public void thought(String text) {
            events.add(new AnswerEvent.Thought(text));
        }

        @Override
        public void call(ToolCallPiece piece) {
            add(piece);
        }
    }
}
