package io.github.jnpu.engine.chat;

/** A part of a model's answer, told apart by an {@link AnswerReader}. */
public sealed interface AnswerEvent {

    /** What the model says. */
    record Text(String text) implements AnswerEvent {}

    /** What it thinks. */
    record Thought(String text) implements AnswerEvent {}

    /**
     * More of a call that is being written; for callers that show calls as they grow. Where the call turns out to be none,
     * no {@link CompleteToolCall} with its index follows, and its text comes as {@link Text}.
     *
     * @param index
     *            from 0, the number of the call in the answer
     * @param id
     *            the same in all events of one call
     * @param arguments
     *            the next characters of the arguments' JSON object, at least one
     */
    record PartialToolCall(int index, String id, String name, String arguments) implements AnswerEvent {}

    /** A whole call; it has an id. */
    record CompleteToolCall(int index, ChatMessage.ToolCall call) implements AnswerEvent {}
}
