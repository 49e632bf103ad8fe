package io.github.jnpu.engine.chat;

import io.github.jnpu.engine.chat.tool.ToolCallJson;
import io.github.jnpu.engine.chat.tool.ToolCallPiece;
import io.github.jnpu.engine.chat.tool.ToolCallPiece.Partial;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads an answer in OpenAI's harmony format: messages with a header (role, channel, recipient) and a text. The channel
 * {@code analysis} has thoughts, {@code final} the answer, and a message to {@code functions.NAME} calls a function. For one
 * answer and one thread.
 *
 * @see <a href="https://developers.openai.com/cookbook/articles/openai-harmony">the format</a>
 */
final class HarmonyAnswer {
    static final String START = "<|start|>";
    static final String CHANNEL = "<|channel|>";
    private static final String MESSAGE = "<|message|>";
    private static final List<String> MESSAGE_ENDS = List.of("<|end|>", "<|call|>", "<|return|>", START);
    /** What an answer's text begins with, behind the role. */
    static final String FINAL_START = CHANNEL + "final" + MESSAGE;
    static final Set<String> SIGNS = Set.of(START, "<|end|>", MESSAGE, CHANNEL, "<|constrain|>", "<|call|>",
            "<|return|>");
    private static final String FUNCTIONS = "functions.";
    private static final String RECIPIENT = "to=";
    /** A header has a few words. */
    private static final int MAX_HEADER = 1000;

    private enum State {
        /** Between a message's end and the next header. */
        OUTSIDE,
        HEADER,
        TEXT
    }

    private final Set<String> functions;
    private final StringBuilder held = new StringBuilder();
    /** How much of the first header the prompt has. */
    private int begunLength;
    private State state = State.HEADER;
    private boolean thinking;
    private Optional<String> recipient = Optional.empty();
    private final StringBuilder arguments = new StringBuilder();
    private int sent;
    private int calls;

    /** Takes what an answer consists of. */
    interface Sink {
        void text(String text);

        void thought(String text);

        void call(ToolCallPiece piece);
    }

    /**
     * Starts an answer.
     *
     * @param prompt
     *            the rendered prompt, which may have begun a message
     */
    HarmonyAnswer(Set<String> functions, String prompt) {
        this.functions = functions;
        int start = prompt.lastIndexOf(START);
        String begun = start < 0 ? "" : prompt.substring(start + START.length());
        int message = begun.indexOf(MESSAGE);
        if (message >= 0 && MESSAGE_ENDS.stream().noneMatch(begun::contains)) {
            readHeader(begun.substring(0, message));
        } else if (message < 0) {
            held.append(begun);
            begunLength = begun.length();
        }
    }

    void accept(String text, Sink sink) {
        held.append(text);
        while (advance(sink)) {
            // One message may end and another begin in one piece.
        }
        sendPartial(sink);
    }

    void finish(Sink sink) {
        if (state == State.TEXT) {
            add(held.toString(), sink);
            endMessage(sink);
        } else if (state == State.HEADER && held.length() > begunLength && held.indexOf(CHANNEL) < 0) {
            sink.text(held.substring(begunLength));
        }
        held.setLength(0);
    }

    private boolean advance(Sink sink) {
        return switch (state) {
            case OUTSIDE -> {
                // A header may come without its sign where a message ended with the next one's.
                int start = held.indexOf(START);
                int keep = start >= 0 ? start + START.length() : Math.max(0, held.length() - START.length() + 1);
                held.delete(0, keep);
                state = start >= 0 ? State.HEADER : State.OUTSIDE;
                yield start >= 0;
            }
            case HEADER -> {
                int end = held.indexOf(MESSAGE);
                if (end >= 0) {
                    readHeader(held.substring(0, end));
                    held.delete(0, end + MESSAGE.length());
                    begunLength = 0;
                    yield true;
                }
                if (held.length() - begunLength > MAX_HEADER) {
                    // No harmony at all: all of it is text.
                    held.delete(0, begunLength);
                    thinking = false;
                    recipient = Optional.empty();
                    state = State.TEXT;
                    yield true;
                }
                yield false;
            }
            case TEXT -> text(sink);
        };
    }

    private boolean text(Sink sink) {
        int end = -1;
        String sign = "";
        for (String candidate : MESSAGE_ENDS) {
            int at = held.indexOf(candidate);
            if (at >= 0 && (end < 0 || at < end)) {
                end = at;
                sign = candidate;
            }
        }
        if (end >= 0) {
            add(held.substring(0, end), sink);
            held.delete(0, end + sign.length());
            endMessage(sink);
            state = sign.equals(START) ? State.HEADER : State.OUTSIDE;
            return true;
        }
        int kept = 0;
        for (String candidate : MESSAGE_ENDS) {
            for (int length = Math.min(candidate.length() - 1, held.length()); length > kept; length--) {
                if (candidate.startsWith(held.substring(held.length() - length))) {
                    kept = length;
                }
            }
        }
        add(held.substring(0, held.length() - kept), sink);
        held.delete(0, held.length() - kept);
        return false;
    }

    private void readHeader(String header) {
        String words = header.replace("<|constrain|>", " ");
        int channelAt = words.indexOf(CHANNEL);
        String channel = "";
        if (channelAt >= 0) {
            String rest = words.substring(channelAt + CHANNEL.length());
            int space = 0;
            while (space < rest.length() && !Character.isWhitespace(rest.charAt(space))) {
                space++;
            }
            channel = rest.substring(0, space);
            words = words.substring(0, channelAt) + " " + rest.substring(space);
        }
        recipient = List.of(words.strip().split("\\s+")).stream().filter(word -> word.startsWith(RECIPIENT)).findFirst()
                .map(word -> word.substring(RECIPIENT.length())).map(name -> name.startsWith(FUNCTIONS)
                        ? name.substring(FUNCTIONS.length())
                        : name);
        thinking = channel.equals("analysis") && recipient.isEmpty();
        arguments.setLength(0);
        sent = 0;
        state = State.TEXT;
    }

    private void add(String text, Sink sink) {
        if (text.isEmpty()) {
            return;
        }
        if (recipient.isPresent()) {
            arguments.append(text);
        } else if (thinking) {
            sink.thought(text);
        } else {
            sink.text(text);
        }
    }

    private void endMessage(Sink sink) {
        if (recipient.isPresent()) {
            Optional<Map<String, Object>> values = recipient.filter(functions::contains).flatMap(
                    name -> ToolCallJson.object(arguments.toString()));
            if (values.isPresent()) {
                sendPartial(sink);
                sink.call(new ToolCallPiece.Call(calls++, recipient.get(), values.get()));
            } else if (!arguments.isEmpty()) {
                sink.text(arguments.toString());
            }
        }
        recipient = Optional.empty();
        thinking = false;
        arguments.setLength(0);
        sent = 0;
    }

    private void sendPartial(Sink sink) {
        if (recipient.filter(functions::contains).isPresent() && arguments.length() > sent) {
            sink.call(new Partial(calls, recipient.get(), arguments.substring(sent)));
            sent = arguments.length();
        }
    }
}
