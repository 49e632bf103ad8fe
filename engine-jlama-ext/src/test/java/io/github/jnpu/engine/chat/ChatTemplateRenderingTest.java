package io.github.jnpu.engine.chat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.jnpu.convert.TestModels;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Every known template with every conversation, against what Jinja2 gave when configured as transformers does. */
class ChatTemplateRenderingTest {
    static final Clock CLOCK = Clock.fixed(Instant.parse("2026-02-03T14:05:09Z"), ZoneOffset.UTC);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String REFUSED = "!refused: ";

    @TestFactory
    Stream<DynamicTest> templates() throws IOException {
        JsonNode conversations = resource("/chat/conversations.json");
        List<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> files = Files.list(TestModels.require("chat-jinja"))) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString().replace(".jinja", "");
                ChatTemplate template = JinjaChatTemplate.parse(Files.readString(file), "<s>", "</s>", CLOCK);
                JsonNode expected = resource("/chat/expected/" + name + ".json");
                for (JsonNode conversation : conversations) {
                    String title = conversation.get("name").asText();
                    tests.add(DynamicTest.dynamicTest(name + ": " + title,
                            () -> check(template, prompt(conversation), expected.get(title).asText())));
                }
            }
        }
        assertThat(tests).hasSizeGreaterThanOrEqualTo(12 * conversations.size());
        return tests.stream();
    }

    private static void check(ChatTemplate template, ChatPrompt prompt, String expected) {
        if (expected.startsWith(REFUSED)) {
            assertThatThrownBy(() -> template.render(prompt)).isInstanceOf(ChatTemplateException.class)
                    .hasMessageContaining(expected.substring(REFUSED.length()));
        } else {
            assertThat(template.render(prompt)).isEqualTo(expected);
        }
    }

    private static JsonNode resource(String name) throws IOException {
        try (InputStream in = ChatTemplateRenderingTest.class.getResourceAsStream(name)) {
            return JSON.readTree(in);
        }
    }

    static ChatPrompt prompt(JsonNode conversation) {
        List<ChatMessage> messages = new ArrayList<>();
        for (JsonNode message : conversation.get("messages")) {
            List<ChatMessage.ToolCall> calls = new ArrayList<>();
            for (JsonNode call : message.path("tool_calls")) {
                calls.add(new ChatMessage.ToolCall(text(call, "id"), call.get("name").asText(),
                        JSON.convertValue(call.get("arguments"), new TypeReference<Map<String, Object>>() {
                        })));
            }
            messages.add(new ChatMessage(message.get("role").asText(), message.get("content").asText(),
                    text(message, "thinking"), calls, text(message, "tool_name"), text(message, "tool_call_id")));
        }
        List<Map<String, Object>> tools = JSON.convertValue(conversation.get("tools"), new TypeReference<>() {
        });
        return new ChatPrompt(messages, tools, conversation.get("add_generation_prompt").asBoolean(),
                Optional.ofNullable(conversation.get("thinking")).map(
                        thinking -> Thinking.of(thinking.asBoolean())));
    }

    private static Optional<String> text(JsonNode node, String field) {
        return Optional.ofNullable(node.get(field)).map(JsonNode::asText);
    }
}
