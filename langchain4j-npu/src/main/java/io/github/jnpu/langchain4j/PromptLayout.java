package io.github.jnpu.langchain4j;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import io.github.jnpu.engine.LanguageModel;
import io.github.jnpu.engine.chat.ChatPrompt;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Lays messages out with the model's chat template. A model without one was trained on plain text: it gets the messages'
 * texts, one below the other and without roles, and continues the last.
 */
final class PromptLayout {
    private PromptLayout() {}

    static int[] encode(LanguageModel model, List<ChatMessage> messages) {
        List<io.github.jnpu.engine.chat.ChatMessage> turns = messages.stream().map(PromptLayout::turn).toList();
        return model.chatTemplate()
                .map(template -> model.encodePrompt(template.render(ChatPrompt.of(turns)), true))
                .orElseGet(() -> model.encodePrompt(turns.stream()
                        .map(io.github.jnpu.engine.chat.ChatMessage::content).collect(Collectors.joining("\n")),
                        false));
    }

    /**
     * Throws for messages that are more than text.
     *
     * @throws UnsupportedFeatureException
     *             naming what it is
     */
    static void requireTextOnly(List<ChatMessage> messages) {
        for (ChatMessage message : messages) {
            switch (message) {
                case SystemMessage _ -> {
                }
                case UserMessage user -> user.contents().forEach(content -> {
                    if (!(content instanceof TextContent)) {
                        throw unsupported("content of type " + content.type());
                    }
                });
                case AiMessage ai -> {
                    if (ai.hasToolExecutionRequests()) {
                        throw unsupported("a message with tool execution requests");
                    }
                    if (!ai.images().isEmpty()) {
                        throw unsupported("a message with images");
                    }
                }
                default -> throw unsupported("a message of type " + message.type());
            }
        }
    }

    private static UnsupportedFeatureException unsupported(String what) {
        return new UnsupportedFeatureException(what + " is not supported yet by this model provider");
    }

    private static io.github.jnpu.engine.chat.ChatMessage turn(ChatMessage message) {
        return switch (message) {
            case SystemMessage system -> io.github.jnpu.engine.chat.ChatMessage.system(system.text());
            case UserMessage user -> io.github.jnpu.engine.chat.ChatMessage.user(user.contents().stream()
                    .map(content -> ((TextContent) content).text()).collect(Collectors.joining("\n")));
            case AiMessage ai -> io.github.jnpu.engine.chat.ChatMessage.assistant(ai.text() == null ? "" : ai.text());
            default -> throw unsupported("a message of type " + message.type());
        };
    }
}
