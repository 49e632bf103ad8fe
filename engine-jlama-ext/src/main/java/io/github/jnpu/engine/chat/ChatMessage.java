package io.github.jnpu.engine.chat;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * One turn of a conversation.
 *
 * @param role
 *            {@code system}, {@code user}, {@code assistant} or {@code tool}; templates may know others
 * @param content
 *            the text, empty for a turn that only calls tools
 * @param thinking
 *            an assistant's reasoning before its content
 * @param toolCalls
 *            what an assistant asked for
 * @param toolName
 *            for a tool's answer: whose it is
 * @param toolCallId
 *            for a tool's answer: which call it answers
 */
public record ChatMessage(String role, String content, Optional<String> thinking, List<ToolCall> toolCalls,
        Optional<String> toolName, Optional<String> toolCallId) {

    /**
     * A request to run a function.
     *
     * @param arguments
     *            a JSON object as Java values, in order
     */
    public record ToolCall(Optional<String> id, String name, Map<String, Object> arguments) {}

    public ChatMessage {
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(content, "content");
        toolCalls = List.copyOf(toolCalls);
    }

    public static ChatMessage of(String role, String content) {
        return new ChatMessage(role, content, Optional.empty(), List.of(), Optional.empty(), Optional.empty());
    }

    /** An assistant's turn that asks for tools. */
    public static ChatMessage toolCalls(String content, List<ToolCall> calls) {
        return new ChatMessage("assistant", content, Optional.empty(), calls, Optional.empty(), Optional.empty());
    }

    /** A tool's answer. */
    public static ChatMessage tool(String content, Optional<String> toolName, Optional<String> toolCallId) {
        return new ChatMessage("tool", content, Optional.empty(), List.of(), toolName, toolCallId);
    }

    public ChatMessage withContent(String newContent) {
        return new ChatMessage(role, newContent, thinking, toolCalls, toolName, toolCallId);
    }

    public static ChatMessage system(String content) {
        return of("system", content);
    }

    public static ChatMessage user(String content) {
        return of("user", content);
    }

    public static ChatMessage assistant(String content) {
        return of("assistant", content);
    }
}
