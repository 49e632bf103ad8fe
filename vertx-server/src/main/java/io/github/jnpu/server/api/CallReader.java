package io.github.jnpu.server.api;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.chat.ChatMessage.ToolCall;
import io.github.jnpu.engine.chat.ChatTemplate;
import io.github.jnpu.engine.chat.ChatTemplateException;
import io.github.jnpu.engine.chat.RequiredCall;
import io.github.jnpu.engine.chat.Thinking;
import io.github.jnpu.engine.grammar.Grammar;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.StoredModel;
import io.github.jnpu.server.model.LoadedModels;
import io.github.jnpu.server.model.ModelHeader;
import io.github.jnpu.server.model.ModelHeaders;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Reads the bodies of {@code /api/generate} and {@code /api/chat}, and checks them in Ollama's order. Thread-safe. */
final class CallReader {
    private static final int MAX_TOP_LOGPROBS = 20;

    private final ModelStore store;
    private final ModelHeaders headers;
    private final LoadedModels loaded;
    private final int defaultContextLength;

    CallReader(ModelStore store, ModelHeaders headers, LoadedModels loaded, int defaultContextLength) {
        this.store = store;
        this.headers = headers;
        this.loaded = loaded;
        this.defaultContextLength = defaultContextLength;
    }

    AnswerCall generate(byte[] body) {
        return generate(JsonFields.ofBody(body, "GenerateRequest"), GenerateAnswer.Shape::new);
    }

    /**
     * Reads a request that is already parsed.
     *
     * @param shapes
     *            how a model with this name, as the client wrote it, answers
     */
    AnswerCall generate(JsonFields fields, Function<String, AnswerShape> shapes) {
        RequestFields common = RequestFields.of(fields);
        String prompt = fields.string("prompt").orElse("");
        String suffix = fields.string("suffix").orElse("");
        String system = fields.string("system").orElse("");
        String template = fields.string("template").orElse("");
        boolean raw = fields.bool("raw", false);
        boolean hasImages = RequestFields.hasImages(fields.array("images"));
        int[] context = context(fields.array("context"));

        requireTopLogprobs(common);
        if (common.model().isBlank()) {
            throw ApiException.notFound("model '' not found");
        }
        StoredModel model = find(common.model());
        AnswerShape shape = shapes.apply(common.model());
        if (prompt.isEmpty() && unloads(common)) {
            loaded.unload(model);
            return new AnswerCall.Answered(shape.loaded("unload"));
        }
        if (raw && (!template.isEmpty() || !system.isEmpty() || context.length > 0)) {
            throw ApiException.badRequest("raw mode does not support template, system, or context");
        }
        ModelHeader header = headers.of(model);
        requireCapabilities(common, model, header, "generate");
        Optional<ChatTemplate> layout = template.isEmpty() ? header.chatTemplate() : Optional.of(goTemplate(template));
        if (!suffix.isEmpty() && layout.filter(ChatTemplate::supportsInsert).isEmpty()) {
            throw ApiException.badRequest(model.name().fullName() + " does not support insert");
        }
        OptionValues options = OptionValues.of(model.parameters(), common.options());
        AnswerCall.Load load = load(common, model, options, shape);
        if (prompt.isEmpty()) {
            return load;
        }
        Optional<Grammar> grammar = common.grammar();
        ContextLimits limits = new ContextLimits(common.truncate(), common.shift(), options.keep());
        requireSupported(common, hasImages);
        if (raw) {
            return new AnswerCall.Generate(load,
                    loadedModel -> new PromptRenderer(loadedModel, Optional.empty(), List.of(), Optional
                            .empty()).raw(prompt, limits),
                    options.sampling(), options.maxTokens(), options.stop(), common.stream(),
                    false, common.debugRenderOnly(), grammar, common.probabilities(), limits);
        }
        List<ChatMessage> messages = new ArrayList<>();
        String effectiveSystem = system.isEmpty() ? model.system().orElse("") : system;
        if (!effectiveSystem.isEmpty()) {
            messages.add(ChatMessage.system(effectiveSystem));
        }
        if (context.length == 0) {
            messages.addAll(model.messages());
        }
        messages.add(ChatMessage.user(prompt));
        Optional<Thinking> thinking = thinking(common, header);
        return new AnswerCall.Generate(load, loadedModel -> {
            PromptRenderer renderer = new PromptRenderer(loadedModel, layout, List.of(), thinking);
            if (!suffix.isEmpty()) {
                return renderer.insert(prompt, suffix, limits);
            }
            return context.length == 0
                    ? renderer.render(messages, limits)
                    : renderer.continued(context, messages, limits);
        }, options.sampling(), options.maxTokens(), options.stop(), common.stream(), true,
                common.debugRenderOnly(), grammar, common.probabilities(), limits);
    }

    AnswerCall chat(byte[] body) {
        return chat(JsonFields.ofBody(body, "ChatRequest"), ChatRules.of(ChatAnswer.Shape::new));
    }

    /** Reads a request that is already parsed. */
    AnswerCall chat(JsonFields fields, ChatRules rules) {
        RequestFields sentFields = RequestFields.of(fields);
        List<Map<String, Object>> tools = fields.array("tools").stream().map(CallReader::tool).toList();
        boolean hasImages = false;
        List<ChatMessage> sent = new ArrayList<>();
        for (JsonNode node : fields.array("messages")) {
            JsonFields message = JsonFields.of(node, "Message");
            hasImages |= RequestFields.hasImages(message.array("images"));
            sent.add(message(message));
        }

        requireTopLogprobs(sentFields);
        if (sentFields.model().isBlank()) {
            throw ApiException.badRequest("model is required");
        }
        StoredModel model = find(sentFields.model());
        AnswerShape shape = rules.shapes().apply(sentFields.model());
        if (sent.isEmpty() && unloads(sentFields)) {
            loaded.unload(model);
            return new AnswerCall.Answered(shape.loaded("unload"));
        }
        ModelHeader header = headers.of(model);
        RequestFields common = rules.relaxesThinking() && !header.supportsThinking()
                ? sentFields.withoutThink()
                : sentFields;
        requireCapabilities(common, model, header, "chat");
        if (!tools.isEmpty() && !header.supportsTools()) {
            throw ApiException.badRequest(model.name().fullName() + " does not support tools");
        }
        OptionValues options = OptionValues.of(model.parameters(), common.options());
        AnswerCall.Load load = load(common, model, options, shape);
        if (sent.isEmpty()) {
            return load;
        }
        Optional<Grammar> grammar = common.grammar();
        ContextLimits limits = new ContextLimits(common.truncate(), common.shift(), options.keep());
        requireSupported(common, hasImages);
        Optional<RequiredCall> required = rules.choice().call(tools, header.chatTemplate().map(
                ChatTemplate::syntax));
        List<ChatMessage> messages = new ArrayList<>();
        if (!sent.getFirst().role().equals("system")) {
            model.system().filter(text -> !text.isEmpty()).ifPresent(text -> messages.add(ChatMessage.system(text)));
        }
        messages.addAll(model.messages());
        messages.addAll(sent);
        Optional<Thinking> thinking = thinking(common, header);
        List<ChatMessage> shown = forgetsThoughts(model)
                ? header.chatTemplate().map(template -> template.syntax().withoutEarlierThoughts(messages))
                        .orElse(messages)
                : messages;
        return new AnswerCall.Generate(load,
                loadedModel -> new PromptRenderer(loadedModel, header.chatTemplate(), tools, thinking, required)
                        .render(shown, limits),
                options.sampling(), options.maxTokens(), options.stop(),
                common.stream(), false, common.debugRenderOnly(), grammar, common.probabilities(), limits);
    }

    private static ChatMessage message(JsonFields fields) {
        List<ToolCall> calls = new ArrayList<>();
        for (JsonNode node : fields.array("tool_calls")) {
            JsonFields call = JsonFields.of(node, "ToolCall");
            JsonFields function = JsonFields.of(call.object("function").orElseThrow(() -> ApiException.badRequest(
                    "a tool call has no function")), "ToolCallFunction");
            Map<String, Object> arguments = function.object("arguments")
                    .map(object -> WireJson.MAPPER.convertValue(object,
                            new TypeReference<LinkedHashMap<String, Object>>() {
                            }))
                    .orElseGet(LinkedHashMap::new);
            calls.add(new ToolCall(call.string("id"), function.string("name").orElse(""), Collections
                    .unmodifiableMap(arguments)));
        }
        return new ChatMessage(fields.string("role").orElse("").toLowerCase(Locale.ROOT), fields.string("content")
                .orElse(""), fields.string("thinking").filter(text -> !text.isEmpty()), calls,
                fields.string(
                        "tool_name"),
                fields.string("tool_call_id"));
    }

    private static int[] context(List<JsonNode> nodes) {
        int[] context = new int[nodes.size()];
        for (int i = 0; i < context.length; i++) {
            if (!nodes.get(i).isInt()) {
                throw ApiException.badRequest(
                        "json: cannot unmarshal %s into Go struct field GenerateRequest.context of type int".formatted(
                                nodes.get(i).getNodeType().name().toLowerCase(Locale.ROOT)));
            }
            context[i] = nodes.get(i).intValue();
        }
        return context;
    }

    private static void requireTopLogprobs(RequestFields common) {
        if (common.topLogprobs() < 0 || common.topLogprobs() > MAX_TOP_LOGPROBS) {
            throw ApiException.badRequest("top_logprobs must be between 0 and " + MAX_TOP_LOGPROBS);
        }
    }

    private StoredModel find(String model) {
        ModelName name = ModelName.parse(model).orElseThrow(() -> ApiException.badRequest("invalid model name"));
        return store.find(name).orElseThrow(() -> ApiException.notFound("model '%s' not found".formatted(model)));
    }

    private static boolean unloads(RequestFields common) {
        return common.keepAlive().filter(duration -> duration.isZero()).isPresent();
    }

    private static void requireCapabilities(RequestFields common, StoredModel model, ModelHeader header,
            String action) {
        if (common.think().map(Thinking::enabled).orElse(false) && !header.supportsThinking()) {
            throw ApiException.badRequest("\"%s\" does not support thinking".formatted(common.model()));
        }
        if (header.embedding()) {
            throw ApiException.badRequest("\"%s\" does not support %s".formatted(common.model(), action));
        }
    }

    private static void requireSupported(RequestFields common, boolean hasImages) {
        if (hasImages) {
            throw ApiException.badRequest("\"%s\" does not support images".formatted(common.model()));
        }
    }

    private AnswerCall.Load load(RequestFields common, StoredModel model, OptionValues options, AnswerShape shape) {
        return new AnswerCall.Load(model, options.contextLength(defaultContextLength), options.threads(),
                options.useMmap(), options.place(),
                common.keepAlive(), shape);
    }

    /** Models that can think do so unless they are told not to. */
    private static Optional<Thinking> thinking(RequestFields common, ModelHeader header) {
        return header.supportsThinking() ? Optional.of(common.think().orElse(Thinking.ON)) : common.think();
    }

    /** Ollama's rule: these models were trained without the thoughts of earlier turns. */
    private static boolean forgetsThoughts(StoredModel model) {
        return model.configuration().family().filter("qwen3"::equals).isPresent() || model.name().model().equals(
                "deepseek-r1");
    }

    private static ChatTemplate goTemplate(String source) {
        try {
            return ChatTemplate.ofGoTemplate(source);
        } catch (ChatTemplateException e) {
            throw new ApiException(500, e.getMessage());
        }
    }

    private static Map<String, Object> tool(JsonNode node) {
        JsonFields tool = JsonFields.of(node, "Tool");
        JsonFields function = JsonFields.of(tool.object("function").orElseThrow(() -> ApiException.badRequest(
                "a tool has no function")), "ToolFunction");
        if (function.string("name").orElse("").isBlank()) {
            throw ApiException.badRequest("a tool's function has no name");
        }
        function.string("description");
        function.object("parameters");
        return WireJson.MAPPER.convertValue(node, new TypeReference<LinkedHashMap<String, Object>>() {
        });
    }
}
