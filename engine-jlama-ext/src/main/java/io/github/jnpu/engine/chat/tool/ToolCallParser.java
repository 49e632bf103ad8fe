package io.github.jnpu.engine.chat.tool;

import io.github.jnpu.engine.chat.tool.ToolCallPiece.Call;
import io.github.jnpu.engine.chat.tool.ToolCallPiece.Partial;
import io.github.jnpu.engine.chat.tool.ToolCallPiece.Text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds calls in an answer that comes in pieces. However the answer is cut, the texts together and the calls are the same;
 * nothing is lost: what looks like a call and is none comes out as text, only tags, punctuation and white space around
 * calls go. For one answer and one thread.
 */
public final class ToolCallParser {
    /** Bounds the work for an answer that is made of beginnings of calls. */
    private static final int MAX_READ_AGAIN = 4 << 20;

    private final ToolCallSyntax syntax;
    private final Set<String> names;
    private final Preamble preamble;

    private enum State {
        /** Nothing but white space so far, where bare JSON would be a call. */
        START,
        TEXT,
        /** Behind an opening tag or a call. */
        BETWEEN,
        OBJECT
    }

    private final StringBuilder input = new StringBuilder();
    private final StringBuilder held = new StringBuilder();
    /** Everything behind the opening tag or the last call. */
    private final StringBuilder region = new StringBuilder();
    private String opening = "";
    private int callsInRegion;
    private CallObject object;
    private String function = "";
    private int sent;
    private State state;
    private boolean afterCall;
    private int calls;
    private long readAgain;
    private final StringBuilder said = new StringBuilder();
    private List<ToolCallPiece> pieces = new ArrayList<>();

    /**
     * Starts an answer.
     *
     * @param names
     *            the functions that can be called
     */
    public ToolCallParser(ToolCallSyntax syntax, Set<String> names) {
        this.syntax = syntax;
        this.names = Set.copyOf(names);
        this.preamble = new Preamble(syntax, this.names);
        this.state = syntax.bare() ? State.START : State.TEXT;
    }

    /** What is certain now that this text came. */
    public List<ToolCallPiece> accept(String text) {
        input.append(text);
        run();
        return take();
    }

    /** The rest when no more text comes. */
    public List<ToolCallPiece> finish() {
        switch (state) {
            case START, TEXT -> text(afterCall && held.toString().isBlank() ? "" : held);
            case BETWEEN, OBJECT -> {
                boolean punctuation = state == State.BETWEEN && callsInRegion > 0 && preamble.read(
                        region) instanceof Preamble.Reading.Ready(String name) && name.isEmpty();
                if (!punctuation) {
                    text(opening);
                    text(region);
                }
            }
        }
        held.setLength(0);
        region.setLength(0);
        opening = "";
        state = State.TEXT;
        return take();
    }

    private List<ToolCallPiece> take() {
        flushText();
        List<ToolCallPiece> result = pieces;
        pieces = new ArrayList<>();
        return result;
    }

    private void run() {
        int at = 0;
        while (at < input.length()) {
            char c = input.charAt(at++);
            String again = step(c);
            if (!again.isEmpty()) {
                input.replace(0, at, again);
                at = 0;
            }
        }
        input.setLength(0);
        if (state == State.OBJECT) {
            sendPartial();
        }
    }

    /** Takes a character; returns text that has to be read again, as text. */
    private String step(char c) {
        switch (state) {
            case START -> {
                held.append(c);
                if (c == '{' || c == '[') {
                    String start = held.toString();
                    held.setLength(0);
                    open("");
                    region.append(start, 0, start.length() - 1);
                    return step(c);
                }
                if (!Character.isWhitespace(c)) {
                    state = State.TEXT;
                    releaseText();
                }
            }
            case TEXT -> {
                held.append(c);
                releaseText();
            }
            case BETWEEN -> {
                return between(c);
            }
            case OBJECT -> {
                region.append(c);
                return follow(c);
            }
        }
        return "";
    }

    private void open(String tag) {
        state = State.BETWEEN;
        opening = tag;
        callsInRegion = 0;
        region.setLength(0);
    }

    /** Lets go what cannot be the beginning of a tag. */
    private void releaseText() {
        String text = held.toString();
        for (String tag : syntax.openings()) {
            if (text.endsWith(tag)) {
                String before = text.substring(0, text.length() - tag.length());
                held.setLength(0);
                if (!(afterCall && before.isBlank())) {
                    text(before);
                }
                open(tag);
                return;
            }
        }
        int kept = 0;
        for (String tag : syntax.openings()) {
            for (int length = Math.min(tag.length() - 1, text.length()); length > kept; length--) {
                if (tag.startsWith(text.substring(text.length() - length))) {
                    kept = length;
                }
            }
        }
        String certain = text.substring(0, text.length() - kept);
        if (!certain.isEmpty() && !(afterCall && certain.isBlank())) {
            text(certain);
            held.delete(0, certain.length());
            afterCall = false;
        }
    }

    private String between(char c) {
        if (c == '{') {
            if (!(preamble.read(region) instanceof Preamble.Reading.Ready(String name))) {
                region.append(c);
                return giveUp(0);
            }
            function = name;
            object = new CallObject();
            sent = 0;
            state = State.OBJECT;
            region.append(c);
            return follow(c);
        }
        region.append(c);
        return switch (preamble.read(region)) {
            case Preamble.Reading.Undecided _,Preamble.Reading.Ready _ -> "";
            case Preamble.Reading.Closed _ -> {
                if (callsInRegion == 0) {
                    yield giveUp(0);
                }
                state = State.TEXT;
                yield "";
            }
            case Preamble.Reading.Foreign(int at) -> giveUp(at);
        };
    }

    /** What was taken for a call is text; the part behind the tag may have another tag in it. */
    private String giveUp(int at) {
        String rest = region.substring(callsInRegion > 0 ? at : 0);
        text(opening);
        opening = "";
        region.setLength(0);
        state = State.TEXT;
        readAgain += rest.length();
        if (readAgain > MAX_READ_AGAIN) {
            text(rest);
            return "";
        }
        return rest;
    }

    private String follow(char c) {
        return switch (object.accept(c)) {
            case OPEN -> "";
            case BROKEN -> giveUp(0);
            case COMPLETE -> complete();
        };
    }

    private String complete() {
        Optional<Map<String, Object>> values = ToolCallJson.object(object.text());
        Optional<Call> call = function.isEmpty()
                ? values.flatMap(map -> ToolCallJson.call(map, names))
                : values.map(arguments -> new Call(0, function, arguments));
        if (call.isEmpty()) {
            return giveUp(0);
        }
        sendPartial();
        add(new Call(calls++, call.get().name(), call.get().arguments()));
        opening = "";
        callsInRegion++;
        afterCall = true;
        region.setLength(0);
        state = State.BETWEEN;
        return "";
    }

    private void sendPartial() {
        boolean named = !function.isEmpty();
        String name = named ? function : object.name();
        int start = named ? 0 : object.argumentsStart();
        if (start < 0 || !names.contains(name)) {
            return;
        }
        int from = Math.max(start, sent);
        int to = named ? object.length() : object.argumentsEnd();
        if (to > from) {
            add(new Partial(calls, name, object.part(from, to)));
            sent = to;
        }
    }

    private void text(CharSequence text) {
        said.append(text);
    }

    private void add(ToolCallPiece piece) {
        flushText();
        pieces.add(piece);
    }

    private void flushText() {
        if (!said.isEmpty()) {
            pieces.add(new Text(said.toString()));
            said.setLength(0);
        }
    }
}
