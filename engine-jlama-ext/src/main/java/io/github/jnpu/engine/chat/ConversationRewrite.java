package io.github.jnpu.engine.chat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Ways to say the same conversation to a template that refuses it, in the order in which they are tried.
 */
enum ConversationRewrite {
    /** Gemma has no system role: the system text opens the first user message, as other engines do it. */
    SYSTEM_AS_USER {
        @Override
        List<ChatMessage> rewrite(List<ChatMessage> messages) {
            return foldSystem(messages);
        }
    },
    /** Mistral wants ids of nine letters and digits; clients send longer ones or none. */
    SHORT_TOOL_CALL_IDS {
        @Override
        List<ChatMessage> rewrite(List<ChatMessage> messages) {
            return shortenIds(messages);
        }
    },
    /** Both. */
    SYSTEM_AS_USER_AND_SHORT_TOOL_CALL_IDS {
        @Override
        List<ChatMessage> rewrite(List<ChatMessage> messages) {
            return shortenIds(foldSystem(messages));
        }
    };

    private static final int ID_LENGTH = 9;

    /** The rewritten prompt; empty where it would be the same. */
    Optional<ChatPrompt> apply(ChatPrompt prompt) {
        List<ChatMessage> messages = rewrite(prompt.messages());
        return messages.equals(prompt.messages())
                ? Optional.empty()
                : Optional.of(prompt.withMessages(messages));
    }

    abstract List<ChatMessage> rewrite(List<ChatMessage> messages);

    private static List<ChatMessage> foldSystem(List<ChatMessage> messages) {
        List<String> texts = messages.stream().filter(ConversationRewrite::isSystem).map(ChatMessage::content).filter(
                text -> !text.isEmpty()).toList();
        String system = String.join("\n\n", texts);
        List<ChatMessage> result = new ArrayList<>();
        boolean pending = !system.isEmpty();
        for (ChatMessage message : messages) {
            if (isSystem(message)) {
                continue;
            }
            if (pending && message.role().equals("user")) {
                result.add(ChatMessage.user(system + "\n\n" + message.content()));
                pending = false;
            } else {
                result.add(message);
            }
        }
        if (pending) {
            result.addFirst(ChatMessage.user(system));
        }
        return result;
    }

    private static boolean isSystem(ChatMessage message) {
        return message.role().equals("system");
    }

    private static List<ChatMessage> shortenIds(List<ChatMessage> messages) {
        Map<String, String> known = new HashMap<>();
        Deque<String> unanswered = new ArrayDeque<>();
        List<ChatMessage> result = new ArrayList<>();
        int calls = 0;
        for (ChatMessage message : messages) {
            List<ChatMessage.ToolCall> toolCalls = new ArrayList<>();
            for (ChatMessage.ToolCall call : message.toolCalls()) {
                String id = call.id().filter(ConversationRewrite::isShort).orElse("call%05d".formatted(calls));
                calls++;
                call.id().ifPresent(old -> known.put(old, id));
                unanswered.add(id);
                toolCalls.add(new ChatMessage.ToolCall(Optional.of(id), call.name(), call.arguments()));
            }
            Optional<String> answered = message.toolCallId();
            if (message.role().equals("tool")) {
                // An answer without id belongs to the oldest call without answer.
                String id = answered.map(known::get).orElseGet(unanswered::peek);
                unanswered.remove(id);
                answered = Optional.ofNullable(id);
            }
            result.add(new ChatMessage(message.role(), message.content(), message.thinking(), toolCalls,
                    message.toolName(), answered));
        }
        return result;
    }

    private static boolean isShort(String id) {
        return id.length() == ID_LENGTH && id.chars().allMatch(c -> c < 128 && Character.isLetterOrDigit(c));
    }
}
