package io.github.jnpu.engine.chat;

import io.github.jnpu.convert.model.Metadata;
import io.github.jnpu.convert.model.ModelSource;
import io.github.jnpu.engine.chat.jinja.JinjaException;
import io.github.jnpu.engine.chat.jinja.JinjaTemplate;
import io.github.jnpu.engine.chat.jinja.TemplateRefusal;

import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Jinja template as Hugging Face's tokenizers carry it, given the variables that {@code apply_chat_template} gives.
 *
 * <p>Where a template raises an exception over a conversation, it is tried again with the conversation rewritten as
 * {@link ConversationRewrite} says, so that a system message or a tool call's id does not fail a chat that the model
 * could hold. What a template wants to see for "no content" and "no tools" is found out once, when it is parsed.
 */
final class JinjaChatTemplate implements ChatTemplate {
    private static final String TEMPLATE_KEY = "tokenizer.chat_template";

    private final String source;
    private final Variant plain;
    private final Variant withTools;
    private final boolean supportsTools;
    private final boolean supportsThinking;
    private final AnswerSyntax syntax;

    private JinjaChatTemplate(String source, Optional<String> toolSource, SpecialTokens tokens, Clock clock) {
        this.source = source;
        this.plain = Variant.parse(source, tokens, clock);
        this.withTools = toolSource.map(text -> Variant.parse(text, tokens, clock)).orElse(plain);
        this.supportsTools = mentions("tools") || mentions("tool_call");
        this.supportsThinking = mentions("<think>") || mentions("</think>") || mentions("enable_thinking")
                || mentions("<|channel|>analysis") || mentions("[THINK]");
        this.syntax = answerSyntax();
    }

    /** The syntax of its answers; a model that thinks without saying how does so between the usual tags. */
    private AnswerSyntax answerSyntax() {
        return AnswerSyntax.ofJinjaTemplate(this::mentions, supportsThinking);
    }

    private boolean mentions(String text) {
        return plain.template.mentions(text) || withTools.template.mentions(text);
    }

    static Optional<ChatTemplate> of(ModelSource source) {
        return of(source.metadata(), Clock.systemDefaultZone());
    }

    static Optional<ChatTemplate> of(Metadata metadata, Clock clock) {
        Optional<String> toolUse = metadata.string(TEMPLATE_KEY + ".tool_use").filter(text -> !text.isBlank());
        return metadata.string(TEMPLATE_KEY).or(() -> metadata.string(TEMPLATE_KEY + ".default")).filter(
                text -> !text.isBlank()).or(() -> toolUse).map(
                        text -> new JinjaChatTemplate(text, toolUse, SpecialTokens.of(metadata), clock));
    }

    static ChatTemplate parse(String source, Clock clock) {
        return new JinjaChatTemplate(source, Optional.empty(), new SpecialTokens(Optional.empty(), Optional.empty()),
                clock);
    }

    static ChatTemplate parse(String source, String bos, String eos, Clock clock) {
        return new JinjaChatTemplate(source, Optional.empty(), new SpecialTokens(Optional.of(bos), Optional.of(eos)),
                clock);
    }

    @Override
    public String render(ChatPrompt prompt) {
        Variant variant = prompt.tools().isEmpty() ? plain : withTools;
        try {
            return variant.render(prompt);
        } catch (TemplateRefusal refusal) {
            for (ConversationRewrite rewrite : ConversationRewrite.values()) {
                Optional<ChatPrompt> rewritten = rewrite.apply(prompt);
                if (rewritten.isPresent()) {
                    try {
                        return variant.render(rewritten.get());
                    } catch (JinjaException e) {
                        refusal.addSuppressed(e);
                    }
                }
            }
            throw new ChatTemplateException("the chat template refuses the conversation: " + refusal.getMessage(),
                    refusal);
        } catch (JinjaException e) {
            throw new ChatTemplateException("the chat template failed: " + e.getMessage(), e);
        }
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public AnswerSyntax syntax() {
        return syntax;
    }

    @Override
    public boolean supportsTools() {
        return supportsTools;
    }

    @Override
    public boolean supportsThinking() {
        return supportsThinking;
    }

    /** The special tokens that templates spell out; absent where the vocabulary has none. */
    record SpecialTokens(Optional<String> bos, Optional<String> eos) {

        static SpecialTokens of(Metadata metadata) {
            List<String> tokens = metadata.strings("tokenizer.ggml.tokens");
            return new SpecialTokens(token(metadata, "tokenizer.ggml.bos_token_id", tokens),
                    token(metadata, "tokenizer.ggml.eos_token_id", tokens));
        }

        private static Optional<String> token(Metadata metadata, String key, List<String> tokens) {
            return metadata.integer(key).filter(id -> id >= 0 && id < tokens.size()).map(
                    id -> tokens.get(Math.toIntExact(id)));
        }
    }

    /**
     * One template with what it wants to see.
     *
     * @param noneForNoContent
     *            whether a turn that only calls tools has the content none, as in OpenAI's format, rather than an empty text
     * @param listForNoTools
     *            whether the template loops over the tools without asking whether there are any
     */
    private record Variant(JinjaTemplate template, SpecialTokens tokens, boolean noneForNoContent,
            boolean listForNoTools) {

        static Variant parse(String source, SpecialTokens tokens, Clock clock) {
            JinjaTemplate template;
            try {
                template = JinjaTemplate.parse(source, clock);
            } catch (JinjaException e) {
                throw new ChatTemplateException("the chat template cannot be parsed: " + e.getMessage(), e);
            }
            Variant strict = new Variant(template, tokens, true, false);
            ChatPrompt question = ChatPrompt.of(List.of(ChatMessage.user("u")));
            Variant result = strict;
            if (strict.tryRender(question).isEmpty()) {
                Variant lenient = new Variant(template, tokens, true, true);
                result = lenient.tryRender(question).isPresent() ? lenient : strict;
            }
            ChatMessage call = new ChatMessage("assistant", "", Optional.empty(),
                    List.of(new ChatMessage.ToolCall(Optional.of("000000001"), "f", Map.of())), Optional.empty(),
                    Optional.empty());
            boolean takesNone = result.tryRender(
                    new ChatPrompt(List.of(ChatMessage.user("u"), call), List.of(), false, Optional.empty())).filter(
                            text -> !text.contains("None"))
                    .isPresent();
            return new Variant(template, tokens, takesNone, result.listForNoTools);
        }

        private Optional<String> tryRender(ChatPrompt prompt) {
            try {
                return Optional.of(render(prompt));
            } catch (JinjaException e) {
                return Optional.empty();
            }
        }

        String render(ChatPrompt prompt) {
            Map<String, Object> variables = new LinkedHashMap<>();
            variables.put("messages", prompt.messages().stream().map(this::message).toList());
            variables.put("tools", prompt.tools().isEmpty() && !listForNoTools ? null : prompt.tools());
            variables.put("documents", null);
            variables.put("add_generation_prompt", prompt.addGenerationPrompt());
            tokens.bos().ifPresent(bos -> variables.put("bos_token", bos));
            tokens.eos().ifPresent(eos -> variables.put("eos_token", eos));
            // Granite and DeepSeek V3.1 know the wish as "thinking", gpt-oss the level as "reasoning_effort".
            prompt.thinking().ifPresent(thinking -> {
                variables.put("enable_thinking", thinking.enabled());
                variables.put("thinking", thinking.enabled());
                thinking.levelUpToHigh().ifPresent(level -> variables.put("reasoning_effort", level));
            });
            return template.render(variables);
        }

        private Map<String, Object> message(ChatMessage message) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("role", message.role());
            boolean onlyCalls = message.content().isEmpty() && !message.toolCalls().isEmpty();
            result.put("content", onlyCalls && noneForNoContent ? null : message.content());
            // Qwen and DeepSeek name it reasoning_content, gpt-oss thinking.
            message.thinking().filter(thinking -> !thinking.isEmpty()).ifPresent(thinking -> {
                result.put("reasoning_content", thinking);
                result.put("thinking", thinking);
            });
            if (!message.toolCalls().isEmpty()) {
                result.put("tool_calls", message.toolCalls().stream().map(Variant::toolCall).toList());
            }
            message.toolName().ifPresent(name -> result.put("name", name));
            message.toolCallId().ifPresent(id -> result.put("tool_call_id", id));
            return result;
        }

        private static Map<String, Object> toolCall(ChatMessage.ToolCall call) {
            Map<String, Object> function = new LinkedHashMap<>();
            function.put("name", call.name());
            function.put("arguments", call.arguments());
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("type", "function");
            call.id().ifPresent(id -> result.put("id", id));
            result.put("function", function);
            return result;
        }
    }
}
