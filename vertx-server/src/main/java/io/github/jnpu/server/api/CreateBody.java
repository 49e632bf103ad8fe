package io.github.jnpu.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jnpu.engine.chat.ChatMessage;
import io.github.jnpu.engine.store.Digest;
import io.github.jnpu.engine.store.ModelName;
import io.github.jnpu.server.create.CreateRequest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The body of {@code /api/create}, checked for what Ollama refuses before it begins. */
record CreateBody(CreateRequest request, boolean stream) {
    private static final String TYPE = "CreateRequest";

    static CreateBody of(byte[] body) {
        JsonFields fields = JsonFields.ofBody(body, TYPE);
        ModelName name = ModelName.parse(text(fields, "model").or(() -> text(fields, "name")).orElse(""))
                .orElseThrow(() -> ApiException.badRequest("invalid model name"));
        if (text(fields, "remote_host").isPresent()) {
            throw new ApiException(403, "ollama cloud is disabled: remote model is unavailable");
        }
        if (text(fields, "draft_quantize").isPresent() && fields.object("draft_files").isEmpty()) {
            throw ApiException.badRequest("--draft-quantize requires a DRAFT model");
        }
        if (fields.object("draft_files").isPresent()) {
            throw ApiException.badRequest("draft models are not supported; leave draft_files out");
        }
        Map<String, Digest> files = files(fields, "files");
        boolean empty = fields.object("files").isPresent() && files.isEmpty();
        if (empty && text(fields, "from").isEmpty()) {
            throw ApiException.badRequest("unknown type");
        }
        return new CreateBody(new CreateRequest(name, text(fields, "from"), files, files(fields, "adapters"), text(
                fields, "template"), text(fields, "system"), licenses(fields), values(fields, "parameters"),
                messages(fields), text(fields, "renderer"), text(fields, "parser"), text(fields, "requires"),
                text(fields,
                        "quantize").or(() -> text(fields, "quantization")),
                values(fields, "info")), fields.bool("stream", true));
    }

    private static Optional<String> text(JsonFields fields, String key) {
        return fields.string(key).filter(text -> !text.isEmpty());
    }

    private static Map<String, Digest> files(JsonFields fields, String key) {
        Map<String, Digest> files = new LinkedHashMap<>();
        fields.object(key).ifPresent(object -> object.properties().forEach(entry -> {
            String path = entry.getKey();
            boolean leaves = path.isEmpty() || path.startsWith("/") || path.contains("\\") || path.contains(":")
                    || List.of(path.split("/", -1)).stream().anyMatch(part -> part.equals("..") || part.equals(".")
                            || part.isEmpty());
            if (leaves) {
                throw ApiException.badRequest("file path must be relative");
            }
            files.put(path, Digest.parse(entry.getValue().asText()).orElseThrow(() -> ApiException.badRequest(
                    "invalid digest format")));
        }));
        return files;
    }

    private static List<String> licenses(JsonFields fields) {
        Optional<JsonNode> value = fields.value("license");
        if (value.isEmpty()) {
            return List.of();
        }
        if (value.get().isTextual()) {
            return value.get().textValue().isEmpty() ? List.of() : List.of(value.get().textValue());
        }
        List<String> licenses = new ArrayList<>();
        for (JsonNode license : fields.array("license")) {
            if (!license.isTextual()) {
                throw ApiException.badRequest("license must be a string or a list of strings");
            }
            licenses.add(license.textValue());
        }
        return licenses;
    }

    private static Map<String, Object> values(JsonFields fields, String key) {
        Map<String, Object> values = new LinkedHashMap<>();
        fields.object(key).ifPresent(object -> object.properties().forEach(entry -> values.put(entry.getKey(),
                ModelDescription.plainValue(entry.getValue()))));
        return values;
    }

    private static List<ChatMessage> messages(JsonFields fields) {
        List<ChatMessage> messages = new ArrayList<>();
        for (JsonNode node : fields.array("messages")) {
            JsonFields message = JsonFields.of(node, "Message");
            messages.add(ChatMessage.of(message.string("role").orElse(""), message.string("content").orElse("")));
        }
        return messages;
    }
}
