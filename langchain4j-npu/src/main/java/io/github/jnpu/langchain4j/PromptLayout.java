package io.github.jnpu.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.internal.Json;
import io.github.jnpu.engine.chat.ChatMessage.ToolCall;
import io.github.jnpu.engine.chat.ChatTemplate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** LangChain4j's messages as the engine's. */
final class PromptLayout {
    private PromptLayout() {}

    /**
     * The turns of a conversation.
     *
     * @throws UnsupportedFeatureException
     *             naming what is more than text
     * @throws InvalidRequestException
     *             if the arguments of an earlier call are no JSON object
     */
    static List<io.github.jnpu.engine.chat.ChatMessage> turns(List<ChatMessage> messages) {
        return messages.stream().map(PromptLayout::turn).toList();
    }

    /** A model without a template was trained on plain text: it continues the last of the texts, which have no roles. */
    static String plain(List<io.github.jnpu.engine.chat.ChatMessage> turns) {
        return turns.stream().map(io.github.jnpu.engine.chat.ChatMessage::content).collect(Collectors.joining("\n"));
    }

    /**
     * Throws for messages that are more than text, or that the template has no place for.
     *
     * @throws UnsupportedFeatureException
     *             naming what it is
     */
    static void requireLayout(List<ChatMessage> messages, Optional<ChatTemplate> template) {
        boolean calls = turns(messages).stream().anyMatch(turn -> turn.role().equals("tool") || !turn.toolCalls()
                .isEmpty());
        if (calls && !template.map(ChatTemplate::supportsTools).orElse(false)) {
            throw unsupported("a conversation with tools");
        }
    }

    private static UnsupportedFeatureException unsupported(String what) {
        return new UnsupportedFeatureException(what + " is not supported by this model");
    }

    private static io.github.jnpu.engine.chat.ChatMessage turn(ChatMessage message) {
        return switch (message) {
            case SystemMessage system -> io.github.jnpu.engine.chat.ChatMessage.system(system.text());
            case UserMessage user -> io.github.jnpu.engine.chat.ChatMessage.user(text(user.contents()));
            case AiMessage ai -> {
                if (!ai.images().isEmpty()) {
                    throw unsupported("a message with images");
                }
                List<ToolCall> calls = ai.toolExecutionRequests().stream().map(PromptLayout::call).toList();
                yield new io.github.jnpu.engine.chat.ChatMessage("assistant", ai.text() == null ? "" : ai.text(),
                        Optional.ofNullable(ai.thinking()), calls, Optional.empty(), Optional.empty());
            }
            case ToolExecutionResultMessage result -> io.github.jnpu.engine.chat.ChatMessage.tool(text(result
                    .contents()), Optional.ofNullable(result.toolName()), Optional.ofNullable(result.id()));
            default -> throw unsupported("a message of type " + message.type());
        };
    }

    private static String text(List<Content> contents) {
        return contents.stream().map(content -> {
            if (content instanceof TextContent text) {
                return text.text();
            }
            throw unsupported("non-text content of type " + content.type());
        }).collect(Collectors.joining("\n"));
    }

    private static ToolCall call(ToolExecutionRequest request) {
        return new ToolCall(Optional.ofNullable(request.id()), request.name(), arguments(request));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> arguments(ToolExecutionRequest request) {
        if (request.arguments() == null || request.arguments().isBlank()) {
            return Map.of();
        }
        try {
            return Json.fromJson(request.arguments(), Map.class);
        } catch (RuntimeException e) {
            throw new InvalidRequestException("the arguments of the call of '%s' are no JSON object: %s".formatted(
                    request.name(), request.arguments()), e);
        }
    }
}
