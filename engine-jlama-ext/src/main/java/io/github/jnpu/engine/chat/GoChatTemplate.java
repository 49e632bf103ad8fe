package io.github.jnpu.engine.chat;

import io.github.jnpu.engine.chat.gotemplate.GoTemplate;
import io.github.jnpu.engine.chat.gotemplate.GoTemplateException;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Mapping;
import io.github.jnpu.engine.chat.gotemplate.GoValue.Text;

import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A Go template as Ollama's Modelfiles carry it. One that knows {@code .Messages} gets the whole conversation; an older one
 * is run once a turn, with {@code .System}, {@code .Prompt} and {@code .Response}. Neighbouring messages of one role are one
 * message to both, joined by an empty line.
 */
final class GoChatTemplate implements ChatTemplate {
    private static final String SEPARATOR = "\n\n";

    private final GoTemplate template;
    private final boolean knowsMessages;
    /** For the last turn of templates that do not know messages. */
    private final GoTemplate beginning;
    private final AnswerSyntax syntax;

    private GoChatTemplate(GoTemplate parsed) {
        Set<String> names = parsed.identifiers();
        this.knowsMessages = names.contains("messages");
        this.template = knowsMessages || names.contains("response") ? parsed : parsed.withResponse();
        this.beginning = template.upToResponse();
        this.syntax = AnswerSyntax.ofGoTemplate(parsed);
    }

    static ChatTemplate parse(String source, Clock clock) {
        try {
            return new GoChatTemplate(GoTemplate.parse(source, clock));
        } catch (GoTemplateException e) {
            throw new ChatTemplateException("the Go template cannot be parsed: " + e.getMessage(), e);
        }
    }

    @Override
    public String render(ChatPrompt prompt) {
        List<ChatMessage> messages = collate(prompt.messages());
        try {
            return knowsMessages ? renderMessages(prompt, messages) : renderTurns(prompt, messages);
        } catch (GoTemplateException e) {
            throw new ChatTemplateException("the Go template failed: " + e.getMessage(), e);
        }
    }

    private String renderMessages(ChatPrompt prompt, List<ChatMessage> messages) {
        Map<String, Object> data = data(prompt.thinking());
        data.put("System", prompt.messages().stream().filter(message -> message.role().equals("system")).map(
                ChatMessage::content).collect(Collectors.joining(SEPARATOR)));
        data.put("Messages", GoTemplateValues.messages(messages));
        data.put("Tools", GoTemplateValues.tools(prompt.tools()));
        data.put("Response", "");
        return template.execute(Mapping.sorted(data, Text.PLAIN));
    }

    private String renderTurns(ChatPrompt prompt, List<ChatMessage> messages) {
        StringBuilder text = new StringBuilder();
        Turn turn = new Turn(prompt.thinking());
        for (ChatMessage message : messages) {
            switch (message.role()) {
                case "system" -> {
                    if (!turn.prompt.isEmpty() || !turn.response.isEmpty()) {
                        text.append(turn.finish());
                    }
                    turn.system = message.content();
                }
                case "user" -> {
                    if (!turn.response.isEmpty()) {
                        text.append(turn.finish());
                    }
                    turn.prompt = message.content();
                }
                case "assistant" -> turn.response = message.content();
                default -> {
                    // Such templates have no place for tools.
                }
            }
        }
        return text.append(turn.render(beginning)).toString();
    }

    /** A question and its answer. */
    private final class Turn {
        private final Optional<Thinking> thinking;
        private String system = "";
        private String prompt = "";
        private String response = "";

        Turn(Optional<Thinking> thinking) {
            this.thinking = thinking;
        }

        String render(GoTemplate layout) {
            Map<String, Object> data = data(thinking);
            data.put("System", system);
            data.put("Prompt", prompt);
            data.put("Response", response);
            return layout.execute(Mapping.sorted(data, Text.PLAIN));
        }

        String finish() {
            String text = render(template);
            system = "";
            prompt = "";
            response = "";
            return text;
        }
    }

    @Override
    public String renderInsert(String prefix, String suffix, Optional<Thinking> thinking) {
        Map<String, Object> data = data(thinking);
        data.put("Prompt", prefix);
        data.put("Suffix", suffix);
        data.put("Response", "");
        try {
            return template.execute(Mapping.sorted(data, Text.PLAIN));
        } catch (GoTemplateException e) {
            throw new ChatTemplateException("the Go template failed: " + e.getMessage(), e);
        }
    }

    private Map<String, Object> data(Optional<Thinking> thinking) {
        Map<String, Object> data = new HashMap<>();
        data.put("Think", thinking.map(Thinking::enabled).orElse(false));
        // Where thinking is only turned on, Ollama tells templates that the level is "medium".
        data.put("ThinkLevel", thinking.filter(Thinking::enabled).map(wish -> syntax.level(wish).orElse("medium"))
                .orElse(""));
        data.put("IsThinkSet", thinking.isPresent());
        return data;
    }

    private static List<ChatMessage> collate(List<ChatMessage> messages) {
        List<ChatMessage> result = new ArrayList<>();
        for (ChatMessage message : messages) {
            ChatMessage last = result.isEmpty() ? null : result.getLast();
            if (last != null && last.role().equals(message.role()) && !message.role().equals("tool")) {
                List<ChatMessage.ToolCall> calls = new ArrayList<>(last.toolCalls());
                calls.addAll(message.toolCalls());
                result.set(result.size() - 1, new ChatMessage(last.role(), last.content() + SEPARATOR + message
                        .content(), last.thinking().or(message::thinking), calls, last.toolName(), last.toolCallId()));
            } else {
                result.add(message);
            }
        }
        return result;
    }

    @Override
    public String source() {
        return template.source();
    }

    @Override
    public AnswerSyntax syntax() {
        return syntax;
    }

    @Override
    public boolean supportsTools() {
        return template.identifiers().contains("tools");
    }

    @Override
    public boolean supportsThinking() {
        return syntax.separatesThinking();
    }

    @Override
    public boolean supportsInsert() {
        return template.identifiers().contains("suffix");
    }

    @Override
    public boolean leavesAnswerOpen() {
        return true;
    }

    /** Whether a conversation can go on after a tool was called. */
    boolean laysOutToolResults() {
        Set<String> names = template.identifiers();
        String source = template.source();
        return names.contains("tools") && names.contains("toolcalls") && (source.contains("eq .Role \"tool\"")
                || source.contains("tool_response") || source.contains("TOOL_RESULTS"));
    }
}
