package io.github.jnpu.engine.chat.tool;

import java.util.Map;

/** A part of an answer that may call tools. */
public sealed interface ToolCallPiece {

    /** What is no call. */
    record Text(String text) implements ToolCallPiece {}

    /**
     * More of a call that is being written. If it turns out to be none, no {@link Call} with its index follows, and its text
     * comes as {@link Text}.
     *
     * @param index
     *            from 0, the number of the call in the answer
     * @param arguments
     *            the next characters of the JSON object, at least one
     */
    record Partial(int index, String name, String arguments) implements ToolCallPiece {}

    /**
     * A whole call.
     *
     * @param arguments
     *            a JSON object as Java values, in order
     */
    record Call(int index, String name, Map<String, Object> arguments) implements ToolCallPiece {}
}
