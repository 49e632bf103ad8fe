package io.github.jnpu.engine.chat;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a {@link ChatTemplate} lays out.
 *
 * @param tools
 *            definitions as JSON objects: {@code {"type": "function", "function": {...}}}
 * @param addGenerationPrompt
 *            whether the text ends where the assistant's answer begins
 * @param thinking
 *            whether the model shall think first; empty for the template's default
 */
public record ChatPrompt(List<ChatMessage> messages, List<Map<String, Object>> tools, boolean addGenerationPrompt,
        Optional<Thinking> thinking) {
    public ChatPrompt {
        messages = List.copyOf(messages);
        tools = List.copyOf(tools);
    }

    /** A prompt for an assistant's answer, without tools. */
    public static ChatPrompt of(List<ChatMessage> messages) {
        return of(messages, List.of(), Optional.empty());
    }

    /** A prompt for an assistant's answer. */
    public static ChatPrompt of(List<ChatMessage> messages, List<Map<String, Object>> tools,
            Optional<Thinking> thinking) {
        return new ChatPrompt(messages, tools, true, thinking);
    }

    /** Whether the answer may begin with thoughts: unless they were turned off. */
    public boolean mayThink() {
        return thinking.map(Thinking::enabled).orElse(true);
    }

    public ChatPrompt withMessages(List<ChatMessage> newMessages) {
        return new ChatPrompt(newMessages, tools, addGenerationPrompt, thinking);
    }
}
