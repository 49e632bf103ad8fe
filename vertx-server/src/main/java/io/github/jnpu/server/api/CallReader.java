package io.github.jnpu.server.api;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.chat.ChatMessage.ToolCall;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.engine.store.ModelStore;
import io.github.jnpu.engine.store.StoredModel;
import io.github.jnpu.server.model.LoadedModels;
import io.github.jnpu.server.model.ModelHeader;
import io.github.jnpu.server.model.ModelHeaders;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Reads the bodies of {@code /api/generate} and {@code /api/chat}, and checks them in Ollama's order. Thread-safe. */
final class CallReader {
    private static final Logger LOGGER = LoggerFactory.getLogger(CallReader.class);
    private static final int MAX_TOP_LOGPROBS = 20;
    private static final int MAX_REMEMBERED = 1000;

    private final ModelStore store;
    private final ModelHeaders headers;
    private final LoadedModels loaded;
    private final int defaultContextLength;
    /** Models, by digest, whose Go template has been mentioned in the log. */
    private final Set<String> mentioned = ConcurrentHashMap.newKeySet();

    CallReader(ModelStore store, ModelHeaders headers, LoadedModels loaded, int defaultContextLength) {
        this.store = store;
        this.headers = headers;
        this.loaded = loaded;
        this.defaultContextLength = defaultContextLength;
    }

    AnswerCall generate(byte[] body) {
        JsonFields fields = JsonFields.ofBody(body, "GenerateRequest");
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
        AnswerShape shape = new GenerateAnswer.Shape(common.model());
        if (prompt.isEmpty() && unloads(common)) {
            loaded.unload(model);
            return new AnswerCall.Answered(shape.loaded("unload"));
        }
        if (raw && (!template.isEmpty() || !system.isEmpty() || context.length > 0)) {
            throw ApiException.badRequest("raw mode does not support template, system, or context");
        }
        ModelHeader header = headers.of(model);
        requireCapabilities(common, model, header, "generate");
        if (!suffix.isEmpty()) {
            throw ApiException.badRequest(model.name().fullName() + " does not support insert");
        }
        OptionValues options = OptionValues.of(model.parameters(), common.options());
        AnswerCall.Load load = load(common, model, options, shape);
        if (prompt.isEmpty()) {
            return load;
        }
        requireSupported(common, hasImages);
        if (!template.isEmpty()) {
            throw ApiException.badRequest(
                    "template is not supported yet: jnpu cannot run Go templates; leave it out to use the model's own, or send raw");
        }
        if (raw) {
            return new AnswerCall.Generate(load, loadedModel -> new PromptRenderer(loadedModel, Optional.empty()).raw(
                    prompt), options.sampling(), options.maxTokens(), options.stop(), common.stream(), false, false,
                    common.debugRenderOnly());
        }
        mentionTemplate(model, header);
        List<ChatMessage> messages = new ArrayList<>();
        String effectiveSystem = system.isEmpty() ? model.system().orElse("") : system;
        if (!effectiveSystem.isEmpty()) {
            messages.add(ChatMessage.system(effectiveSystem));
        }
        if (context.length == 0) {
            messages.addAll(model.messages());
        }
        messages.add(ChatMessage.user(prompt));
        Optional<Boolean> thinking = thinking(common, header);
        return new AnswerCall.Generate(load, loadedModel -> {
            PromptRenderer renderer = new PromptRenderer(loadedModel, thinking);
            return context.length == 0
                    ? renderer.render(messages, common.truncate())
                    : renderer.continued(context, messages, common.truncate(), options.keep());
        }, options.sampling(), options.maxTokens(), options.stop(), common.stream(), thinking.orElse(false), true,
                common.debugRenderOnly());
    }

    AnswerCall chat(byte[] body) {
        JsonFields fields = JsonFields.ofBody(body, "ChatRequest");
        RequestFields common = RequestFields.of(fields);
        boolean hasTools = !fields.array("tools").isEmpty();
        boolean hasImages = false;
        List<ChatMessage> sent = new ArrayList<>();
        for (JsonNode node : fields.array("messages")) {
            JsonFields message = JsonFields.of(node, "Message");
            hasImages |= RequestFields.hasImages(message.array("images"));
            sent.add(message(message));
        }

        requireTopLogprobs(common);
        if (common.model().isBlank()) {
            throw ApiException.badRequest("model is required");
        }
        StoredModel model = find(common.model());
        AnswerShape shape = new ChatAnswer.Shape(common.model());
        if (sent.isEmpty() && unloads(common)) {
            loaded.unload(model);
            return new AnswerCall.Answered(shape.loaded("unload"));
        }
        ModelHeader header = headers.of(model);
        requireCapabilities(common, model, header, "chat");
        if (hasTools && !header.supportsTools()) {
            throw ApiException.badRequest(model.name().fullName() + " does not support tools");
        }
        OptionValues options = OptionValues.of(model.parameters(), common.options());
        AnswerCall.Load load = load(common, model, options, shape);
        if (sent.isEmpty()) {
            return load;
        }
        requireSupported(common, hasImages);
        if (hasTools) {
            throw ApiException.badRequest(
                    "tools are not supported yet: jnpu cannot read tool calls out of an answer; send the request without tools");
        }
        mentionTemplate(model, header);
        List<ChatMessage> messages = new ArrayList<>();
        if (!sent.getFirst().role().equals("system")) {
            model.system().filter(text -> !text.isEmpty()).ifPresent(text -> messages.add(ChatMessage.system(text)));
        }
        messages.addAll(model.messages());
        messages.addAll(sent);
        Optional<Boolean> thinking = thinking(common, header);
        return new AnswerCall.Generate(load, loadedModel -> new PromptRenderer(loadedModel, thinking).render(messages,
                common.truncate()), options.sampling(), options.maxTokens(), options.stop(), common.stream(),
                thinking.orElse(false), false, common.debugRenderOnly());
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
        if (common.think().orElse(false) && !header.supportsThinking()) {
            throw ApiException.badRequest("\"%s\" does not support thinking".formatted(common.model()));
        }
        if (header.embedding()) {
            throw ApiException.badRequest("\"%s\" does not support %s".formatted(common.model(), action));
        }
    }

    private static void requireSupported(RequestFields common, boolean hasImages) {
        common.requireNoFormat();
        if (hasImages) {
            throw ApiException.badRequest("\"%s\" does not support images".formatted(common.model()));
        }
        if (common.logprobs() || common.topLogprobs() > 0) {
            throw ApiException.badRequest(
                    "logprobs are not supported yet; send the request without logprobs and top_logprobs");
        }
    }

    private AnswerCall.Load load(RequestFields common, StoredModel model, OptionValues options, AnswerShape shape) {
        return new AnswerCall.Load(model, options.contextLength(defaultContextLength), options.threads(),
                options.useMmap(), options.place(),
                common.keepAlive(), shape);
    }

    /** Models that can think do so unless they are told not to. */
    private static Optional<Boolean> thinking(RequestFields common, ModelHeader header) {
        return header.supportsThinking() ? Optional.of(common.think().orElse(true)) : Optional.empty();
    }

    /** Tells the operator once that a model's own template is not the one in use. */
    private void mentionTemplate(StoredModel model, ModelHeader header) {
        if (model.template().isPresent() && mentioned.size() < MAX_REMEMBERED && mentioned.add(model.digest())) {
            LOGGER.warn("model '{}': its Go template cannot be run yet; {} instead", model.name(),
                    header.template().isPresent()
                            ? "the chat template of its GGUF file is used"
                            : "its GGUF file has no chat template, so prompts go in as they are");
        }
    }
}
