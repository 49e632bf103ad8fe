package io.github.jnpu.samples.demo.corpus;

import java.util.List;
import java.util.Optional;

/**
 * A chat to learn from.
 *
 * @param tools
 *            what the model may call, each a JSON object of the form {@code {"type": "function", "function": {...}}}
 * @param messages
 *            the last one is an assistant's
 */
public record Conversation(Optional<String> system, List<String> tools, List<Message> messages) {

    /** Who writes a message. */
    public enum Role {
        USER, ASSISTANT, TOOL
    }

    /**
     * One message.
     *
     * @param text
     *            of an assistant: what the model learns to write, calls of tools literally as
     *            <code>&lt;tool_call&gt;\n{"name": "f", "arguments": {}}\n&lt;/tool_call&gt;</code>; of a tool: its result
     */
    public record Message(Role role, String text) {
        public static Message user(String text) {
            return new Message(Role.USER, text);
        }

        public static Message assistant(String text) {
            return new Message(Role.ASSISTANT, text);
        }

        public static Message tool(String text) {
            return new Message(Role.TOOL, text);
        }
    }

    public Conversation {
        tools = List.copyOf(tools);
        messages = List.copyOf(messages);
        if (messages.isEmpty() || messages.getLast().role() != Role.ASSISTANT) {
            throw new IllegalArgumentException("a conversation must end with an assistant's message: " + messages);
        }
    }

    /** A question with its answer. */
    public static Conversation of(String question, String answer) {
        return of(List.of(Message.user(question), Message.assistant(answer)));
    }

    /** Without a system prompt and without tools. */
    public static Conversation of(List<Message> messages) {
        return new Conversation(Optional.empty(), List.of(), messages);
    }

    /** The texts of one role, in order. */
    public List<String> texts(Role role) {
        return messages.stream().filter(message -> message.role() == role).map(Message::text).toList();
    }

    /** What the user writes last. */
    public String question() {
        return texts(Role.USER).getLast();
    }

    /** The last message's text. */
    public String answer() {
        return messages.getLast().text();
    }
}
