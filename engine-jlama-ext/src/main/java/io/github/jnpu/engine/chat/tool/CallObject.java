package io.github.jnpu.engine.chat.tool;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Follows a JSON object character by character: where it ends, and which parts of it are the call's name and its arguments.
 * For one object and one thread.
 */
final class CallObject {
    static final List<String> NAME_KEYS = List.of("name", "tool_name");
    static final List<String> ARGUMENT_KEYS = List.of("arguments", "parameters");
    private static final int MAX_LENGTH = 1 << 20;
    private static final int MAX_DEPTH = 200;
    private static final String OUTSIDE_STRINGS = " \t\r\n{}[],:\"+-.0123456789truefalsnTFNEI";

    enum State {
        OPEN,
        COMPLETE,
        /** It is no JSON, or is longer than any call. */
        BROKEN
    }

    private final StringBuilder text = new StringBuilder();
    private final Deque<Character> brackets = new ArrayDeque<>();
    private final StringBuilder string = new StringBuilder();
    private boolean inString;
    private boolean escaped;
    /** At depth 1: whether a value comes next, and of which key. */
    private boolean valueNext;
    private String key = "";
    private String name = "";
    private int argumentsStart = -1;
    private int argumentsEnd = -1;

    State accept(char c) {
        text.append(c);
        if (text.length() > MAX_LENGTH || brackets.size() > MAX_DEPTH) {
            return State.BROKEN;
        }
        if (inString) {
            inString(c);
            return State.OPEN;
        }
        switch (c) {
            case '"' -> {
                inString = true;
                string.setLength(0);
            }
            case '{', '[' -> {
                if (c == '{' && brackets.size() == 1 && valueNext && ARGUMENT_KEYS.contains(key)
                        && argumentsStart < 0) {
                    argumentsStart = text.length() - 1;
                }
                brackets.push(c);
                valueNext = false;
            }
            case '}', ']' -> {
                if (brackets.isEmpty() || brackets.pop() != (c == '}' ? '{' : '[')) {
                    return State.BROKEN;
                }
                if (brackets.size() == 1 && argumentsStart >= 0 && argumentsEnd < 0) {
                    argumentsEnd = text.length();
                }
                return brackets.isEmpty() ? State.COMPLETE : State.OPEN;
            }
            case ':' -> {
                if (brackets.size() == 1) {
                    key = string.toString();
                    valueNext = true;
                }
            }
            case ',' -> valueNext = false;
            default -> {
                if (OUTSIDE_STRINGS.indexOf(c) < 0) {
                    return State.BROKEN;
                }
            }
        }
        return State.OPEN;
    }

    private void inString(char c) {
        if (escaped) {
            escaped = false;
        } else if (c == '\\') {
            escaped = true;
        } else if (c == '"') {
            inString = false;
            if (brackets.size() == 1 && valueNext && NAME_KEYS.contains(key) && name.isEmpty()) {
                name = string.toString();
            }
            return;
        }
        if (brackets.size() == 1) {
            string.append(c);
        }
    }

    String text() {
        return text.toString();
    }

    int length() {
        return text.length();
    }

    /** The call's name as it is written; empty while it is not known. */
    String name() {
        return name;
    }

    /** Where the arguments begin in the text; negative while they have not. */
    int argumentsStart() {
        return argumentsStart;
    }

    /** Where they end, or where the text does while they go on. */
    int argumentsEnd() {
        return argumentsEnd < 0 ? text.length() : argumentsEnd;
    }

    String part(int from, int to) {
        return text.substring(from, to);
    }
}
